using Razum.Inference.Speculation;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Inference;

/// <summary>
/// A decoder on this machine's processor. Its operations and their memory are its own; the weights may be shared, with a trainer too. Threads share the
/// products of a step; but where weights are so few that every core keeps them near, each thread takes whole sequences from the embedding to the logits,
/// and none waits for another a hundred times a step. Rows depend on their own inputs alone, so that both ways give the same bits.
/// </summary>
internal sealed class DecoderModel : StepModel
{
    /// <summary>Weights up to so many bytes are read by every thread.</summary>
    private const long MostBytesForEach = 8 << 20;

    /// <summary>How much longer than an even one the longest share may be.</summary>
    private const double MostUneven = 1.35;

    private readonly Decoder _decoder;
    private readonly DecoderShare _whole;
    private readonly DecoderShare[] _shares = [];
    private readonly int[] _ends = [];
    private readonly PlannedRows[] _plan;
    private readonly DecoderCost _cost;

    /// <param name="decoder">The model.</param>
    /// <param name="maxSequences">The most sequences in a step.</param>
    /// <param name="threads">Threads to compute with; 0 means one per processor.</param>
    /// <param name="drafts">Whether its layer of multi-token prediction, which it must have, follows every step.</param>
    /// <param name="arithmetic">What matrix products are computed in.</param>
    /// <param name="recordsRouting">Whether the experts of every token are kept in the cache.</param>
    public DecoderModel(
        Decoder decoder, int maxSequences, int threads, bool drafts = false, Arithmetic arithmetic = Arithmetic.F32, bool recordsRouting = false)
    {
        _decoder = decoder;
        _cost = new DecoderCost(decoder);
        _plan = new PlannedRows[maxSequences];
        _whole = new DecoderShare(decoder, maxSequences, threads, arithmetic, recordsRouting);
        Drafter = drafts ? new MtpDrafter(this, decoder, _whole.Ops, maxSequences) : null;
        CacheShape = CachePlan.Shape(decoder, drafts, recordsRouting);

        // A drafter goes on from the hidden states of all rows, in one matrix.
        if (!drafts && _whole.Ops.Pool.Threads > 1 && decoder.Parameters.Sum(w => w.StoredBytes) <= MostBytesForEach)
        {
            _shares = [.. Enumerable.Range(0, _whole.Ops.Pool.Threads).Select(_ => new DecoderShare(decoder, maxSequences, 1, arithmetic, recordsRouting))];
            _ends = new int[_shares.Length];
        }
    }

    /// <summary>Whether each thread had sequences of its own in the last step.</summary>
    public bool IsShared { get; private set; }

    public override int VocabSize => _decoder.Config.VocabSize;

    public override CacheShape CacheShape { get; }

    public override MemoryRoom Place(ModelInfo model, EngineOptions options)
    {
        EnginePlan plan = EnginePlan.Of(_decoder, model, options, MemoryRoom.Beside(0));
        plan.Weights.Apply(_decoder, options, plan.Room.Available - plan.Room.Weights - plan.Room.Step - (BlockTable.BlocksFor(model.ContextLength) * plan.Cache.BlockBytes));
        return plan.Room;
    }

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

    /// <summary>Hidden states of the step, after the final norm, where there is a drafter. [T, D]; valid until the next step.</summary>
    public Tensor Hidden => _whole.Hidden;

    public override void Forward(ReadOnlySpan<PlannedRows> plan)
    {
        IsShared = plan.Length >= _shares.Length && _shares.Length > 0 && TryDivide(plan);
        if (!IsShared)
        {
            _whole.Forward(plan);
            return;
        }

        plan.CopyTo(_plan);
        _whole.Ops.Pool.For(_shares.Length, 1, new ShareJob(this));
    }

    public override ReadOnlySpan<float> Logits(int index)
    {
        if (!IsShared)
        {
            return _whole.Logits(index);
        }

        int share = 0;
        for (; index >= _shares[share].LogitRows; share++)
        {
            index -= _shares[share].LogitRows;
        }

        return _shares[share].Logits(index);
    }

    public override float Logprob(ReadOnlySpan<float> logits, int token, float temperature, ReadOnlySpan<int> set) =>
        _whole.Ops.LogProbability(logits, token, temperature, set);

    public override void Dispose()
    {
        _whole.Dispose();
        Array.ForEach(_shares, share => share.Dispose());
    }

    /// <summary>Cuts the plan into runs of sequences of about equal work. False when they cannot be made equal: one has a long prompt.</summary>
    private bool TryDivide(ReadOnlySpan<PlannedRows> plan)
    {
        double total = 0;
        foreach (PlannedRows rows in plan)
        {
            total += Work(rows);
        }

        double sum = 0, before = 0;
        int at = 0;
        for (int share = 0; share < _shares.Length; share++)
        {
            double until = total * (share + 1) / _shares.Length;
            while (at < plan.Length && (share == _shares.Length - 1 || sum + (Work(plan[at]) / 2) <= until))
            {
                sum += Work(plan[at++]);
            }

            if (sum - before > MostUneven * total / _shares.Length)
            {
                return false;
            }

            (_ends[share], before) = (at, sum);
        }

        return true;
    }

    private double Work(PlannedRows rows) => _cost.Forward(rows.Sequence.Cache?.Length ?? 0, rows.Count, rows.LogitRows);

    private readonly struct ShareJob(DecoderModel model) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                int start = i == 0 ? 0 : model._ends[i - 1];
                model._shares[i].Forward(model._plan.AsSpan(start, model._ends[i] - start));
            }
        }
    }
}
