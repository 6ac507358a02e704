using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Training.Data;
using Razum.Training.Objectives;

namespace Razum.Training.Loop;

/// <summary>
/// Loss and gradients of a step, micro-batch by micro-batch:
/// <code>loss = main + lambda mtp + balance</code>
/// main: mean over all targets of the STEP, or what <see cref="SupervisedLoss"/> makes of them; mtp: mean over its targets t_{i+2} (the layer runs on rows
/// 0 .. L-2 of every sequence); balance: mean over its sequences. So a step gives the same gradient however it is cut into micro-batches, up to rounding.
/// </summary>
internal sealed class TrainStep : IDisposable
{
    private readonly Decoder _decoder;
    private readonly CpuOps _ops;
    private readonly SupervisedLoss _plain;
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
    private readonly List<float> _stepTargets = [];
    private readonly List<int> _lengths = [];
    private float[] _stepWeights = [];
    private bool _counting;

    public TrainStep(Decoder decoder, CpuOps ops)
    {
        (_decoder, _ops, _tape) = (decoder, ops, new Tape(ops));
        _plain = SupervisedLoss.Load(new SupervisedSettings(), decoder);
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
    public void Accumulate(
        IReadOnlyList<TrainingSequence> sequences, int microBatchTokens, double mtpLambda, double balanceAlpha, SupervisedLoss? objective = null)
    {
        objective ??= _plain;
        Totals.Clear();
        FlattenTargets(sequences);
        TargetWeights.Compute(objective.Settings.Mean, Span(_stepTargets), Span(_lengths), _stepWeights.AsSpan(0, _stepTargets.Count));
        double ahead = sequences.Sum(s => s.AheadTargetCount);
        bool usesMtp = mtpLambda > 0 && ahead > 0 && _decoder.Mtp is not null;
        int row = 0;
        for (int from = 0; from < sequences.Count;)
        {
            int to = Fill(sequences, from, microBatchTokens, _stepWeights.AsSpan(row), usesMtp ? mtpLambda / ahead : 0);
            row += _batch.Count;
            Tensor teacher = objective.Teach(_ops, _batch);
            foreach (MixtureOfExperts mixture in _mixtures)
            {
                mixture.BalanceAlpha = (float)(balanceAlpha * (to - from) / sequences.Count);
            }

            _counting = true;
            Tensor hidden = _decoder.Forward(_tape, _batch); // [T, D]
            Tensor loss = objective.Evaluate(_tape, hidden, _decoder.Head, teacher, Span(_targets), Span(_weights));
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

        FlattenTargets(sequences);
        int row = 0;
        for (int from = 0; from < sequences.Count;)
        {
            from = Fill(sequences, from, microBatchTokens, Span(_stepTargets)[row..], 0);
            row += _batch.Count;
            Tensor hidden = _decoder.Forward(_ops, _batch);
            sum += _ops.CrossEntropy(hidden, _decoder.Head, Span(_targets), Span(_weights)).Value;
            _ops.Arena.Reset();
        }

        return sum / targets;
    }

    public void Dispose() => (_ops.RoutingObserver, _ops.TensorObserver) = (null, null);

    private static ReadOnlySpan<T> Span<T>(List<T> list) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list);

    /// <summary>Which tokens of the step are targets, sequence after sequence.</summary>
    private void FlattenTargets(IReadOnlyList<TrainingSequence> sequences)
    {
        _stepTargets.Clear();
        _lengths.Clear();
        foreach (TrainingSequence sequence in sequences)
        {
            _stepTargets.AddRange(sequence.Targets);
            _lengths.Add(sequence.Targets.Count);
        }

        if (_stepWeights.Length < _stepTargets.Count)
        {
            _stepWeights = new float[_stepTargets.Count];
        }
    }

    /// <summary>
    /// Packs sequences from <paramref name="from"/> on while they fit, at least one; returns the first that did not. weights: of each token as a target, from
    /// the first of these sequences on.
    /// </summary>
    private int Fill(IReadOnlyList<TrainingSequence> sequences, int from, int tokens, ReadOnlySpan<float> weights, double aheadWeight)
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
                bool exists = i + 1 < length;
                _targets.Add(exists ? sequence.Tokens[i + 1] : 0);
                _weights.Add(exists ? weights[start + i + 1] : 0);
            }

            if (aheadWeight == 0 || length < 2)
            {
                continue;
            }

            _next.Add(Span(sequence.Tokens)[1..]);
            for (int i = 0; i < length - 1; i++)
            {
                _aheadRows.Add(start + i);
                bool exists = i + 2 < length;
                _aheadTargets.Add(exists ? sequence.Tokens[i + 2] : 0);
                _aheadWeights.Add(exists ? (float)(aheadWeight * sequence.Targets[i + 2]) : 0);
            }
        }

        return to;
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
