using Razum.Models;
using Razum.Tensors;

namespace Razum.Training.Loop;

/// <summary>
/// The policy that stands still, for the KL term: a copy, refreshed now and then (R1: every 400 steps). Where adapters are trained it is their base, the
/// very same weights, and there is nothing to copy.
/// </summary>
internal sealed class ReferencePolicy : IDisposable
{
    private readonly Decoder _policy;
    private readonly IReadOnlyList<Weight> _copies;

    public ReferencePolicy(Decoder policy)
    {
        _policy = policy;
        bool isBase = policy.Adapters.Count > 0;
        Decoder = isBase ? policy.WithoutAdapters() : new Decoder(policy.Config, new RandomParameters(0, 0)) { LatentForm = policy.LatentForm };
        _copies = isBase ? [] : Decoder.Parameters;
        Refresh();
    }

    public Decoder Decoder { get; }

    /// <summary>Its weights, if it has any of its own: a resumed run needs them.</summary>
    public IEnumerable<(string Name, Tensor Values)> State => _copies.Select(w => ("reference." + w.Name, Row(w)));

    /// <summary>Takes over the policy's present weights.</summary>
    public void Refresh()
    {
        for (int i = 0; i < _copies.Count; i++)
        {
            _policy.Parameters[i].AsSpan().CopyTo(_copies[i].AsSpan());
            _copies[i].MarkChanged();
        }
    }

    /// <summary>Its weights have been read from a checkpoint.</summary>
    public void MarkChanged()
    {
        foreach (Weight weight in _copies)
        {
            weight.MarkChanged();
        }
    }

    public void Dispose()
    {
        foreach (Weight weight in _copies)
        {
            weight.Dispose();
        }
    }

    private static unsafe Tensor Row(Weight weight)
    {
        int count = checked((int)weight.Count);
        return new Tensor(weight.Floats, 1, count, count);
    }
}
