using Razum.Models;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>A decoder on this machine's processor. Its operations and their memory are its own; the weights may be shared, with a trainer too.</summary>
internal sealed class DecoderModel(Decoder decoder, int maxSequences, int threads, Arithmetic arithmetic = Arithmetic.F32) : StepModel
{
    private readonly CpuOps _ops = new(threads, null, arithmetic);
    private readonly Batch _batch = new();
    private readonly int[] _rows = new int[maxSequences];
    private Tensor _logits; // [R, V], R sequences that want them

    public override int VocabSize => decoder.Config.VocabSize;

    public override KeyValueCache? CreateCache(int capacity) => decoder.CreateCache(capacity);

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
