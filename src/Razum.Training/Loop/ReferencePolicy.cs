using Razum.Models;
using Razum.Tensors;

namespace Razum.Training.Loop;

/// <summary>A copy of the policy that stands still, for the KL term; refreshed now and then (R1: every 400 steps).</summary>
internal sealed class ReferencePolicy : IDisposable
{
    private readonly Decoder _policy;

    public ReferencePolicy(Decoder policy)
    {
        _policy = policy;
        Decoder = new Decoder(policy.Config, new RandomParameters(0, 0)) { LatentForm = policy.LatentForm };
        Refresh();
    }

    public Decoder Decoder { get; }

    /// <summary>Its weights: a resumed run needs them.</summary>
    public unsafe IEnumerable<(string Name, Tensor Values)> State =>
        Decoder.Parameters.Select(w => ("reference." + w.Name, Row(w)));

    /// <summary>Takes over the policy's present weights.</summary>
    public void Refresh()
    {
        for (int i = 0; i < Decoder.Parameters.Count; i++)
        {
            _policy.Parameters[i].AsSpan().CopyTo(Decoder.Parameters[i].AsSpan());
            Decoder.Parameters[i].MarkChanged();
        }
    }

    /// <summary>Its weights have been read from a checkpoint.</summary>
    public void MarkChanged()
    {
        foreach (Weight weight in Decoder.Parameters)
        {
            weight.MarkChanged();
        }
    }

    public void Dispose()
    {
        foreach (Weight weight in Decoder.Parameters)
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
