using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>A decoder on this machine's processor. Its operations and their memory are its own; the weights may be shared, with a trainer too.</summary>
internal sealed class DecoderModel(Decoder decoder, int maxSequences, int threads) : StepModel
{
    private readonly CpuOps _ops = new(threads);
    private readonly Batch _batch = new();
    private readonly int[] _rows = new int[maxSequences];
    private Tensor _logits; // [R, V], R sequences that want them

    public override int VocabSize => decoder.Config.VocabSize;

    public override CacheShape CacheShape { get; } = decoder.CacheShape;

    public override long Version
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < decoder.Parameters.Count; i++)
            {
                sum += decoder.Parameters[i].Version;
            }

            return sum;
        }
    }

    public override void Forward(ReadOnlySpan<PlannedRows> plan)
    {
        _ops.Arena.Reset();
        _batch.Clear();
        int wanted = 0;
        foreach (PlannedRows rows in plan)
        {
            _batch.Add(rows.Sequence.Next(rows.Count), rows.Sequence.Cache);
            if (rows.WantsLogits)
            {
                _rows[wanted++] = _batch.Count - 1;
            }
        }

        Tensor hidden = decoder.Forward(_ops, _batch); // [T, D]
        if (wanted > 0)
        {
            _logits = decoder.Logits(_ops, _ops.Gather(hidden, _rows.AsSpan(0, wanted)));
        }

        _batch.Commit();
    }

    public override ReadOnlySpan<float> Logits(int index) => _logits[index];

    public override float Logprob(ReadOnlySpan<float> logits, int token) => _ops.LogProbability(logits, token);

    public override void Dispose() => _ops.Dispose();
}
