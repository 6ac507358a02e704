using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>Some sequences of a step, all of them or a thread's share: their packed rows, the operations they are computed with, and what came out.</summary>
internal sealed class DecoderShare : IDisposable
{
    private readonly Decoder _decoder;
    private readonly Batch _batch = new();
    private readonly int[] _rows;
    private readonly Dictionary<string, int> _routers; // names of those whose choices are recorded, in their order
    private readonly int _topK;
    private Tensor _logits; // [R, V], R rows that want them

    /// <param name="decoder">The model.</param>
    /// <param name="maxSequences">The most sequences in a step.</param>
    /// <param name="threads">Threads to compute with; 0 means one per processor.</param>
    /// <param name="arithmetic">What matrix products are computed in.</param>
    /// <param name="recordsRouting">Whether the experts of every token are kept in the cache, which has room for them.</param>
    public DecoderShare(Decoder decoder, int maxSequences, int threads, Arithmetic arithmetic, bool recordsRouting)
    {
        _decoder = decoder;
        _rows = new int[maxSequences * (1 + EngineOptions.MaxDraftLength)];
        Ops = new CpuOps(threads, null, arithmetic) { RoutingObserver = recordsRouting ? Record : null };
        _topK = decoder.Config.Moe?.Router.TopK ?? 0;
        _routers = decoder.Mixtures.Take(decoder.Config.Moe?.RoutedLayers ?? 0).Select((m, i) => (m.RouterName, i)).ToDictionary();
    }

    public CpuOps Ops { get; }

    /// <summary>Hidden states after the final norm. [T, D]; valid until the next step.</summary>
    public Tensor Hidden { get; private set; }

    /// <summary>R, the number of rows that have logits.</summary>
    public int LogitRows { get; private set; }

    public void Forward(ReadOnlySpan<PlannedRows> plan)
    {
        Ops.Arena.Reset();
        _batch.Clear();
        int wanted = 0;
        foreach (PlannedRows rows in plan)
        {
            _batch.Add(rows.Sequence.Next(rows.Count), rows.Sequence.Cache, rows.Sequence.Adapter);
            for (int i = rows.LogitRows; i > 0; i--)
            {
                _rows[wanted++] = _batch.Count - i;
            }
        }

        LogitRows = wanted;
        Hidden = _decoder.Forward(Ops, _batch); // [T, D]
        if (wanted > 0)
        {
            _logits = _decoder.Logits(Ops, Ops.Gather(Hidden, _rows.AsSpan(0, wanted)));
        }
    }

    /// <summary>Logits of the <paramref name="index"/>-th of the rows that want them. [V]; valid until the next step.</summary>
    public ReadOnlySpan<float> Logits(int index) => _logits[index];

    public void Dispose() => Ops.Dispose();

    /// <summary>Writes the experts of a layer beside the keys of their tokens: attention has made room for the rows.</summary>
    private void Record(string router, Routing routing)
    {
        if (!_routers.TryGetValue(router, out int layer))
        {
            return; // the layer of multi-token prediction, whose rows are others
        }

        foreach (Segment segment in _batch.Segments)
        {
            KeyValueCache cache = segment.Cache!;
            for (int i = 0; i < segment.Count; i++)
            {
                routing[segment.Start + i].CopyTo(cache.Integers(cache.Length + i)[(layer * _topK)..]);
            }
        }
    }
}
