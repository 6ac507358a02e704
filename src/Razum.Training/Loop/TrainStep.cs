using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Training.Data;

namespace Razum.Training.Loop;

/// <summary>
/// Loss and gradients of a step, micro-batch by micro-batch:
/// <code>loss = main + lambda mtp + balance</code>
/// main: mean over all targets of the STEP; mtp: mean over its targets t_{i+2} (the layer runs on rows 0 .. L-2 of every sequence); balance: mean over its
/// sequences. So a step gives the same gradient however it is cut into micro-batches, up to rounding.
/// </summary>
internal sealed class TrainStep : IDisposable
{
    private readonly Decoder _decoder;
    private readonly CpuOps _ops;
    private readonly Tape _tape;
    private readonly MixtureOfExperts[] _mixtures;
    private readonly Dictionary<string, int> _routers;
    private readonly HashSet<string> _balances;
    private readonly Batch _batch = new();
    private readonly Batch _next = new();
    private readonly List<int> _targets = [];
    private readonly List<float> _weights = [];
    private readonly List<int> _aheadRows = [];
    private readonly List<int> _aheadTargets = [];
    private readonly List<float> _aheadWeights = [];
    private bool _counting;

    public TrainStep(Decoder decoder, CpuOps ops)
    {
        (_decoder, _ops, _tape) = (decoder, ops, new Tape(ops));
        _mixtures = [.. decoder.Mixtures];
        _routers = _mixtures.Select((m, i) => (m.RouterName, i)).ToDictionary(p => p.RouterName, p => p.i);
        _balances = [.. _mixtures.Select(m => m.BalanceName)];
        Totals = new StepTotals(_mixtures.Length, decoder.Config.Moe?.Router.Experts ?? 0);
        ops.RoutingObserver = Count;
        ops.TensorObserver = AddBalance;
    }

    /// <summary>Sums since they were cleared.</summary>
    public StepTotals Totals { get; }

    /// <summary>Clears the totals, then runs all sequences forward and backward; gradients are added to the weights.</summary>
    public void Accumulate(IReadOnlyList<TrainingSequence> sequences, int microBatchTokens, double mtpLambda, double balanceAlpha)
    {
        Totals.Clear();
        double targets = sequences.Sum(s => s.TargetCount);
        double ahead = sequences.Sum(s => s.AheadTargetCount);
        bool usesMtp = mtpLambda > 0 && ahead > 0 && _decoder.Mtp is not null;
        for (int from = 0; from < sequences.Count;)
        {
            int to = Fill(sequences, from, microBatchTokens, 1 / targets, usesMtp ? mtpLambda / ahead : 0);
            foreach (MixtureOfExperts mixture in _mixtures)
            {
                mixture.BalanceAlpha = (float)(balanceAlpha * (to - from) / sequences.Count);
            }

            _counting = true;
            Tensor hidden = _decoder.Forward(_tape, _batch); // [T, D]
            Tensor loss = _tape.CrossEntropy(hidden, _decoder.Head, Span(_targets), Span(_weights));
            Totals.Main += loss.Value;
            if (usesMtp)
            {
                Tensor output = _decoder.Mtp!.Forward(_tape, _tape.Gather(hidden, Span(_aheadRows)), _next); // [T - sequences, D]
                Tensor mtp = _tape.CrossEntropy(output, _decoder.Head, Span(_aheadTargets), Span(_aheadWeights));
                Totals.Mtp += mtp.Value / mtpLambda;
                loss = _tape.Add(loss, mtp);
            }

            _counting = false;
            _tape.Backward(loss);
            _tape.Clear();
            _ops.Arena.Reset();
            from = to;
        }
    }

    /// <summary>Mean loss of the next token, nothing learned.</summary>
    public double Evaluate(IReadOnlyList<TrainingSequence> sequences, int microBatchTokens)
    {
        double sum = 0;
        double targets = sequences.Sum(s => s.TargetCount);
        foreach (MixtureOfExperts mixture in _mixtures)
        {
            mixture.BalanceAlpha = 0;
        }

        for (int from = 0; from < sequences.Count;)
        {
            from = Fill(sequences, from, microBatchTokens, 1, 0);
            Tensor hidden = _decoder.Forward(_ops, _batch);
            sum += _ops.CrossEntropy(hidden, _decoder.Head, Span(_targets), Span(_weights)).Value;
            _ops.Arena.Reset();
        }

        return sum / targets;
    }

    public void Dispose() => (_ops.RoutingObserver, _ops.TensorObserver) = (null, null);

    private static ReadOnlySpan<T> Span<T>(List<T> list) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list);

    /// <summary>Packs sequences from <paramref name="from"/> on while they fit, at least one; returns the first that did not.</summary>
    private int Fill(IReadOnlyList<TrainingSequence> sequences, int from, int tokens, double weight, double aheadWeight)
    {
        _batch.Clear();
        _next.Clear();
        _targets.Clear();
        _weights.Clear();
        _aheadRows.Clear();
        _aheadTargets.Clear();
        _aheadWeights.Clear();
        int to = from;
        while (to < sequences.Count && (to == from || _batch.Count + sequences[to].Tokens.Count <= tokens))
        {
            TrainingSequence sequence = sequences[to++];
            int start = _batch.Count;
            int length = sequence.Tokens.Count;
            _batch.Add(Span(sequence.Tokens));
            for (int i = 0; i < length; i++)
            {
                AddTarget(_targets, _weights, sequence, i + 1, weight);
            }

            if (aheadWeight == 0 || length < 2)
            {
                continue;
            }

            _next.Add(Span(sequence.Tokens)[1..]);
            for (int i = 0; i < length - 1; i++)
            {
                _aheadRows.Add(start + i);
                AddTarget(_aheadTargets, _aheadWeights, sequence, i + 2, aheadWeight);
            }
        }

        return to;
    }

    private static void AddTarget(List<int> targets, List<float> weights, TrainingSequence sequence, int at, double weight)
    {
        bool exists = at < sequence.Tokens.Count;
        targets.Add(exists ? sequence.Tokens[at] : 0);
        weights.Add(exists ? (float)(weight * sequence.Targets[at]) : 0);
    }

    private void Count(string name, Routing routing)
    {
        if (!_counting || !_routers.TryGetValue(name, out int layer))
        {
            return;
        }

        long[] loads = Totals.Loads[layer];
        for (int t = 0; t < routing.Rows; t++)
        {
            foreach (int expert in routing[t])
            {
                loads[expert]++;
            }
        }
    }

    private void AddBalance(string name, Tensor value)
    {
        if (_counting && _balances.Contains(name))
        {
            Totals.Balance += value.Value;
        }
    }
}
