using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Training.Objectives;
using Razum.Training.Rollouts;
using Razum.Training.Runs;
using Razum.Training.Verifiers;

namespace Razum.Training.Loop;

/// <summary>Loss and gradients of a policy update, micro-batch by micro-batch; answers of similar length are packed together.</summary>
/// <param name="trainee">What is trained.</param>
/// <param name="policy">The objective, and how advantages are made of rewards.</param>
/// <param name="reference">The policy that stands still; null without a KL term.</param>
internal sealed class PolicyStep(Trainee trainee, PolicyConfig policy, Decoder? reference)
{
    private readonly PolicySettings _settings = policy.Objective;
    private readonly Tape _tape = new(trainee.Ops);
    private readonly PackedAnswers _packed = new();
    private readonly PolicyBatch _policy = new();
    private readonly List<int> _setIds = [];
    private readonly List<int> _setEnds = [];
    private readonly RecordedRouting? _routing = policy.RecordsRouting(trainee.Decoder.Config) ? new RecordedRouting(trainee.Decoder) : null;
    private double[] _gradient = [];
    private double[] _entropyGradient = [];
    private float[] _coefficients = [];

    /// <summary>Adds the gradients of the loss over all answers of these groups to the weights.</summary>
    /// <param name="groups">The answers of one update.</param>
    /// <param name="isOnPolicy">Whether the present weights drew them: then every log-probability must have the sampler's bits.</param>
    /// <param name="metrics">Is added to.</param>
    public PolicyUpdate Accumulate(IReadOnlyList<RolloutGroup> groups, bool isOnPolicy, PolicyMetrics metrics)
    {
        Answer[] answers = Answers(groups);
        long updateTokens = answers.Sum(a => _settings.Keeps(!a.Rollout.Ended, a.ZeroVariance) ? (long)a.Rollout.Length : 0);
        // Longest first: what is packed together has about the same length, and memory is at its largest at once.
        Answer[] learned = [.. answers.Where(Teaches).OrderByDescending(a => a.Rollout.Tokens.Length)];
        PolicyUpdate update = new() { Learned = learned.Length };
        foreach (MixtureOfExperts mixture in trainee.Decoder.Mixtures)
        {
            mixture.BalanceAlpha = 0;
        }

        for (int from = 0; from < learned.Length;)
        {
            int to = Fill(learned, from, updateTokens, answers.Length);
            if (reference is not null)
            {
                Take(Forward(reference, trainee.Ops), 0, _policy.ReferenceLogProbs);
                _policy.HasReference = true;
                trainee.Ops.Arena.Reset();
            }

            _packed.Experts = policy.ReplayRouting ? _routing!.Experts : null; // not the reference's: it is a policy with a router of its own
            trainee.Ops.RoutingObserver += isOnPolicy ? null : _routing?.Observer;
            Tensor logProbs = Forward(trainee.Decoder, _tape); // [R, 2]
            trainee.Ops.RoutingObserver -= isOnPolicy ? null : _routing?.Observer;
            Take(logProbs, 0, _policy.LogProbs);
            Take(logProbs, 1, _policy.Entropies);
            _policy.HasEntropies = true;
            _policy.OldLogProbs.CopyTo(_policy.RolloutLogProbs); // one engine: what the sampler reported is what the trainer computes
            _policy.HasRollout = true;
            Resize();
            double loss = PolicyLoss.Evaluate(_settings, _policy, Part(_gradient), Part(_entropyGradient), metrics);
            for (int i = 0; i < _policy.Tokens; i++)
            {
                _coefficients[2 * i] = (float)_gradient[i];
                _coefficients[(2 * i) + 1] = (float)_entropyGradient[i];
            }

            _tape.Backward(logProbs, _coefficients.AsSpan(0, 2 * _policy.Tokens));
            _tape.Clear();
            trainee.Ops.Arena.Reset();
            update = update.Plus(new PolicyUpdate
            {
                Loss = loss,
                Tokens = _packed.Tokens,
                Flops = Flops(learned, from, to),
                Compared = isOnPolicy ? _policy.Tokens : 0,
                Mismatch = isOnPolicy ? Differences() : 0,
            });
            from = to;
        }

        (long routed, long changed) = _routing?.TakeCounts() ?? default;
        return update with { Routed = routed, RoutingChanged = changed };
    }

    /// <summary>mean over answers' tokens of log p when drawn - log p now: how far a step has moved the policy. One micro-batch of answers speaks for all.</summary>
    public double MeasureStepKl(IReadOnlyList<RolloutGroup> groups)
    {
        Answer[] answers = [.. Answers(groups).Where(Teaches)];
        if (answers.Length == 0)
        {
            return 0;
        }

        Fill(answers, 0, 0, 0);
        Take(Forward(trainee.Decoder, trainee.Ops), 0, _policy.LogProbs);
        trainee.Ops.Arena.Reset();
        double sum = 0;
        for (int i = 0; i < _policy.Tokens; i++)
        {
            sum += _policy.OldLogProbs[i] - _policy.LogProbs[i];
        }

        return sum / _policy.Tokens;
    }

    /// <summary>All answers with their advantages.</summary>
    private Answer[] Answers(IReadOnlyList<RolloutGroup> groups)
    {
        (Rollout Rollout, int Group)[] all = [.. groups.SelectMany((g, i) => g.Rollouts.Select(r => (r, i)))];
        double[] rewards = [.. all.Select(a => a.Rollout.Reward.Total)];
        int[] ids = [.. all.Select(a => a.Group)];
        int[] lengths = [.. all.Select(a => a.Rollout.Length)];
        double[] advantages = new double[all.Length];
        bool[] zeroVariance = new bool[all.Length];
        if (policy.NormaliseEach)
        {
            NormaliseEach([.. all.Select(a => a.Rollout.Reward)], ids, advantages);
        }
        else
        {
            Advantages.Compute(_settings.Advantage, rewards, ids, lengths, advantages);
        }

        Advantages.FindZeroVariance(rewards, ids, zeroVariance);
        return [.. all.Select((a, i) => new Answer(a.Rollout, advantages[i], zeroVariance[i]))];
    }

    private void NormaliseEach(RewardResult[] rewards, int[] groups, double[] advantages)
    {
        IReadOnlyList<(string Name, double Weight)> parts = policy.RewardWeights;
        double[] scores = [.. rewards.SelectMany(r => parts.Select(p => r.Parts[p.Name].Score))];
        RewardShaping.NormaliseEach(scores, [.. parts.Select(p => p.Weight)], groups, advantages);
    }

    /// <summary>Whether an answer has a gradient at all.</summary>
    private bool Teaches(Answer answer) => answer.Advantage != 0 || _settings.Beta != 0 || _settings.EntropyCoef != 0 || _settings.Kind == PolicyKind.Kimi;

    /// <summary>Packs answers from <paramref name="from"/> on while they fit, at least one; returns the first that did not.</summary>
    private int Fill(Answer[] answers, int from, long updateTokens, int updateSequences)
    {
        _packed.Clear();
        _policy.Clear();
        _setIds.Clear();
        _setEnds.Clear();
        _routing?.Experts.Clear();
        int to = from;
        while (to < answers.Length && (to == from || _packed.Tokens + answers[to].Rollout.Tokens.Length - 1 <= trainee.Run.MicroBatchTokens))
        {
            (Rollout rollout, double advantage, bool zeroVariance) = answers[to++];
            _packed.Add(rollout.Tokens, rollout.PromptLength);
            int start = _policy.Add(rollout.Length, advantage, !rollout.Ended, zeroVariance);
            for (int i = 0; i < rollout.Length; i++)
            {
                _policy.OldLogProbs[start + i] = rollout.LogProbs[i];
            }

            AddSets(rollout);
            _routing?.Experts.Add(rollout.Experts);
        }

        (_policy.UpdateTokens, _policy.UpdateSequences) = (updateTokens, Math.Max(updateSequences, _policy.Sequences));
        return to;
    }

    /// <summary>What the tokens of an answer were drawn from; where one answer was truncated all were.</summary>
    private void AddSets(Rollout rollout)
    {
        int before = _setIds.Count;
        _setIds.AddRange(rollout.SetIds);
        foreach (int end in rollout.SetEnds)
        {
            _setEnds.Add(before + end);
        }
    }

    /// <summary>log p among the tokens and at the temperature of sampling, and the entropy, at every token of the packed answers. [R, 2]</summary>
    private Tensor Forward(Decoder decoder, Ops ops) =>
        _packed.Forward(decoder, ops, _settings.Temperature, entropy: true, new TokenSets(Span(_setIds), Span(_setEnds)));

    private double Flops(Answer[] answers, int from, int to)
    {
        double sum = 0;
        for (int i = from; i < to; i++)
        {
            Rollout rollout = answers[i].Rollout;
            double forward = trainee.Cost.Forward(0, rollout.Tokens.Length - 1, rollout.Length);
            sum += (trainee.Cost.TrainingPasses + (reference is null ? 0 : 1)) * forward;
        }

        return sum;
    }

    private long Differences()
    {
        long count = 0;
        for (int i = 0; i < _policy.Tokens; i++)
        {
            count += _policy.LogProbs[i] == _policy.OldLogProbs[i] ? 0 : 1;
        }

        return count;
    }

    private void Resize()
    {
        if (_gradient.Length < _policy.Tokens)
        {
            int size = 2 * _policy.Tokens;
            (_gradient, _entropyGradient, _coefficients) = (new double[size], new double[size], new float[2 * size]);
        }
    }

    private Span<double> Part(double[] values) => values.AsSpan(0, _policy.Tokens);

    private static void Take(Tensor rows, int column, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = rows[i][column];
        }
    }

    private static ReadOnlySpan<T> Span<T>(List<T> list) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list);

    private readonly record struct Answer(Rollout Rollout, double Advantage, bool ZeroVariance);
}
