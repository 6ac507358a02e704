using Razum.Inference.Speculation;
using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>A decoder on this machine's processor. Its operations and their memory are its own; the weights may be shared, with a trainer too.</summary>
internal sealed class DecoderModel : StepModel
{
    private readonly Decoder _decoder;
    private readonly CpuOps _ops;
    private readonly Batch _batch = new();
    private readonly int[] _rows;
    private Tensor _logits; // [R, V], R rows that want them

    /// <param name="decoder">The model.</param>
    /// <param name="maxSequences">The most sequences in a step.</param>
    /// <param name="threads">Threads to compute with; 0 means one per processor.</param>
    /// <param name="drafts">Whether its layer of multi-token prediction, which it must have, follows every step.</param>
    /// <param name="arithmetic">What matrix products are computed in.</param>
    public DecoderModel(Decoder decoder, int maxSequences, int threads, bool drafts = false, Arithmetic arithmetic = Arithmetic.F32)
    {
        _decoder = decoder;
        _ops = new CpuOps(threads, null, arithmetic);
        _rows = new int[maxSequences * (1 + EngineOptions.MaxDraftLength)];
        Drafter = drafts ? new MtpDrafter(this, decoder, _ops, maxSequences) : null;
        CacheShape = drafts ? decoder.CacheShape : decoder.CacheShape with { Layers = decoder.Config.NumHiddenLayers };
    }

    public override int VocabSize => _decoder.Config.VocabSize;

    public override CacheShape CacheShape { get; }

    public override Drafter? Drafter { get; }

    public override long Version
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < _decoder.Parameters.Count; i++)
            {
                sum += _decoder.Parameters[i].Version;
            }

            return sum;
        }
    }

    /// <summary>Hidden states of the step, after the final norm. [T, D]; valid until the next step.</summary>
    public Tensor Hidden { get; private set; }

    public override void Forward(ReadOnlySpan<PlannedRows> plan)
    {
        _ops.Arena.Reset();
        _batch.Clear();
        int wanted = 0;
        foreach (PlannedRows rows in plan)
        {
            _batch.Add(rows.Sequence.Next(rows.Count), rows.Sequence.Cache);
            for (int i = rows.LogitRows; i > 0; i--)
            {
                _rows[wanted++] = _batch.Count - i;
            }
        }

        Hidden = _decoder.Forward(_ops, _batch); // [T, D]
        if (wanted > 0)
        {
            _logits = _decoder.Logits(_ops, _ops.Gather(Hidden, _rows.AsSpan(0, wanted)));
        }
    }

    public override ReadOnlySpan<float> Logits(int index) => _logits[index];

    public override float Logprob(ReadOnlySpan<float> logits, int token, float temperature) => _ops.LogProbability(logits, token, temperature);

    public override void Dispose() => _ops.Dispose();
}
