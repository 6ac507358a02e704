using System.Diagnostics;
using Razum.Inference;
using Razum.Tensors;
using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Evals;
using Razum.Training.Objectives;
using Razum.Training.Rollouts;
using Razum.Training.Runs;
using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Training.Loop;

/// <summary>
/// A stage of reinforcement learning with verifiable rewards (GRPO and its relatives, arXiv 2402.03300 and later). A step: prompts, G answers of each from
/// the engine, rewards, advantages within each group, one or more updates.
/// </summary>
/// <remarks>
/// The engine samples from the very weights that are trained, with the same kernels: the log-probabilities it reports are the trainer's, bit for bit. The
/// first update of a step has ratio 1 exactly, and every step counts what differs (<see cref="PolicyProgress.Mismatch"/>).
/// </remarks>
internal sealed class PolicyWork : StageWork
{
    private const int MostRefills = 2;
    private const int SelfTests = 64;
    private const int LeastLoop = 32; // tokens of an answer: less is too short to call its half a loop

    private readonly Trainee _trainee;
    private readonly PolicyConfig _policy;
    private readonly bool _recordsRouting;
    private readonly ProblemStream _problems;
    private readonly NanoExamples _heldOut;
    private readonly string[] _families;
    private readonly ChatTemplate _template;
    private readonly PolicyStep _step;
    private readonly PolicyWatch _watch = new();
    private readonly ReferencePolicy? _reference;
    private Engine? _engine;
    private RolloutSampler? _sampler;
    private StepLog? _samples;

    public PolicyWork(Trainee trainee, StageConfig stage, PolicyConfig policy)
        : base(stage)
    {
        (_trainee, _policy) = (trainee, policy);
        _recordsRouting = policy.RecordsRouting(trainee.Decoder.Config);
        if (policy.ReplayRouting && !_recordsRouting)
        {
            throw new InvalidDataException($"{trainee.Run.Name}: stage {stage.Name}: reinforcement.replay_routing: the model has no experts");
        }

        _problems = new ProblemStream((ulong)trainee.Run.Seed, policy.Families, policy.Level);
        _heldOut = new NanoExamples((ulong)trainee.Run.Seed);
        _families = [.. policy.Families.Where(f => f.Value > 0).Select(f => f.Key)];
        _template = ChatTemplate.For(trainee.Tokenizer);
        _reference = policy.Objective.UsesReference ? new ReferencePolicy(trainee.Decoder) : null;
        _step = new PolicyStep(trainee, policy, _reference?.Decoder);
    }

    public override string Fingerprint => "problems 1"; // all that decides about them is in the run file

    public override long Next { get; set; }

    public override IEnumerable<(string Name, Tensor Values)> State => _reference?.State ?? [];

    private SamplingSettings Sampling => new()
    {
        Samples = _policy.Samples,
        MaxTokens = _policy.MaxTokens,
        Temperature = _policy.Objective.Temperature,
        TopP = _policy.TopP,
        TopK = _policy.TopK,
        MinP = _policy.MinP,
        RecordRouting = _recordsRouting,
        Seed = _trainee.Run.Seed,
    };

    public override HeldOut? Begin(int step, int done)
    {
        if (step == 0)
        {
            _reference?.Refresh();
        }

        _reference?.MarkChanged();
        TestReward();
        var bundle = new ModelBundle(_trainee.Run.Name, _trainee.Decoder, _trainee.Tokenizer, new GenerationDefaults { EndTokens = [_template.EndOfTurn] });
        _engine = new Engine(bundle, new EngineOptions
        {
            Threads = _trainee.Options.Threads,
            Arithmetic = _trainee.Run.Arithmetic,
            MaxSequences = _policy.Concurrent,
            TokenBudget = Math.Max(512, 2 * _policy.Concurrent),
            ContextLength = _trainee.Run.SequenceLength,
            CacheTokens = _trainee.CacheTokens,
            RecordRouting = _recordsRouting,
        });
        _sampler = new RolloutSampler(_engine, _trainee.Tokenizer, _template, _policy.Reward);
        _samples = new StepLog(Path.Combine(_trainee.Run.Output, "samples.jsonl"), done);
        return step == 0 && _trainee.Run.EvaluateEvery > 0 ? Evaluate() : null;
    }

    public override StepReport Advance(int step, int number, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        long next = Next;
        IReadOnlyList<RolloutGroup> groups = SampleGroups(ref next, cancellation);
        double samplingSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        double rate = Stage.LearningRate * Stage.Schedule.Factor(step);
        var metrics = new PolicyMetrics(_policy.Objective);
        PolicyUpdate update = Learn(groups, rate, number, metrics);
        double stepKl = update.Learned > 0 ? _step.MeasureStepKl(groups) : 0;
        double updateSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (_policy.ReferenceRefresh > 0 && (step + 1) % _policy.ReferenceRefresh == 0)
        {
            _reference?.Refresh();
        }

        Next = next;
        WriteSamples(groups, number);
        double samplingFlops = groups.Sum(SamplingFlops);
        long generated = groups.Sum(g => g.Rollouts.Sum(r => (long)r.Length));
        PolicyProgress policy = Describe(groups) with
        {
            Objective = update.Learned > 0 ? metrics : null,
            StepKl = stepKl,
            Compared = update.Compared,
            Mismatch = update.Mismatch,
            RoutingChanged = update.Routed > 0 ? (double)update.RoutingChanged / update.Routed : null,
            SamplingSeconds = samplingSeconds,
            UpdateSeconds = updateSeconds,
            SampledTokensPerSecond = generated / samplingSeconds,
            SamplingFlops = samplingFlops / samplingSeconds,
            UpdateFlops = update.Flops / updateSeconds,
        };
        (string? warning, string? stop) = update.Mismatch > 0
            ? (null, $"{update.Mismatch} of {update.Compared} log-probabilities differ between sampler and trainer: the engine is broken, please report it")
            : _watch.Look(policy);
        var progress = new TrainProgress
        {
            Stage = Stage.Name,
            Step = number,
            Steps = _trainee.Run.Steps,
            Loss = update.Loss,
            LearningRate = rate,
            GradientNorm = update.GradientNorm,
            Policy = policy,
            Warning = warning,
        };
        return new StepReport(progress, generated + update.Tokens, samplingFlops + update.Flops, stop);
    }

    public override HeldOut Evaluate()
    {
        Problem[] problems = [.. Enumerable.Range(0, _policy.EvaluatePrompts).Select(HeldOutProblem)];
        SamplingSettings greedy = Sampling with { Samples = 1, Temperature = 0, RecordRouting = false };
        IReadOnlyList<RolloutGroup> groups = _sampler!.SampleAsync(problems, 0, greedy, _trainee.Optimizer.Updates).GetAwaiter().GetResult();
        (string Family, double Accuracy)[] families =
        [
            .. groups.Where(g => g.Rollouts.Count > 0).GroupBy(g => g.Problem.Task ?? "").OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(f => (f.Key, f.Average(g => g.Rollouts[0].Reward.Outcome == VerdictOutcome.Correct ? 1.0 : 0))),
        ];
        return new HeldOut
        {
            Accuracy = families.Length == 0 ? 0 : families.Average(f => f.Accuracy),
            Length = groups.SelectMany(g => g.Rollouts).Select(r => (double)r.Length).DefaultIfEmpty().Average(),
            Families = families,
            Example = groups[0].Rollouts is [var first, ..] ? Show(groups[0].Problem, first) : null,
        };
    }

    public override void Dispose()
    {
        if (_engine is not null)
        {
            _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _engine = null;
        }

        _reference?.Dispose();
        _samples?.Dispose();
        _samples = null;
    }

    /// <summary>The groups of a step. With refilling, those without variance are replaced, as long as that is worth it.</summary>
    private IReadOnlyList<RolloutGroup> SampleGroups(ref long next, CancellationToken cancellation)
    {
        List<RolloutGroup> groups = [];
        int wanted = _policy.Prompts;
        for (int round = 0; wanted > 0 && round <= (_policy.Refill ? MostRefills : 0); round++)
        {
            long first = next;
            Problem[] problems = [.. Enumerable.Range(0, wanted).Select(i => _problems.Get(first + i).AsProblem())];
            IReadOnlyList<RolloutGroup> sampled = _sampler!.SampleAsync(problems, first, Sampling, _trainee.Optimizer.Updates, cancellation).GetAwaiter().GetResult();
            groups.AddRange(_policy.LengthReward is { } length ? sampled.Select(length.Apply) : sampled);
            next += wanted;
            wanted = _policy.Prompts - groups.Count(g => !g.HasNoVariance);
        }

        return groups;
    }

    /// <summary>The updates of a step.</summary>
    private PolicyUpdate Learn(IReadOnlyList<RolloutGroup> groups, double rate, int number, PolicyMetrics metrics)
    {
        PolicyUpdate total = new();
        int dealt = 0;
        for (int m = 0; m < _policy.Minibatches; m++)
        {
            int end = (m + 1) * groups.Count / _policy.Minibatches;
            PolicyUpdate update = _step.Accumulate([.. groups.Skip(dealt).Take(end - dealt)], isOnPolicy: total.Learned == 0, metrics);
            dealt = end;
            if (update.Learned > 0)
            {
                update = update with { GradientNorm = _trainee.Update(rate, update.Loss, number) };
            }

            total = total.Plus(update);
        }

        return total;
    }

    /// <summary>The families in turn.</summary>
    private Problem HeldOutProblem(int index)
    {
        string family = _families[index % _families.Length];
        (string prompt, TaskProblem problem) = _heldOut.Evaluation(family, (ulong)(index / _families.Length));
        return Problem.Of(TaskRegistry.Get(family), problem, prompt);
    }

    /// <summary>Tries the reward on problems of this stage before anything is paid for.</summary>
    private void TestReward()
    {
        try
        {
            VerifierSelfTest.Run(_policy.Reward, [.. Enumerable.Range(0, SelfTests).Select(i => _problems.Get(i).AsProblem())]);
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException($"{_trainee.Run.Name}: stage {Stage.Name}: {fault.Message}", fault);
        }
    }

    private static PolicyExample Show(Problem problem, Rollout rollout) => new(problem.Prompt, rollout.Text, rollout.Reward.Total, rollout.Length);

    /// <summary>Operations of sampling a group: its prompt once, every answer token by token.</summary>
    private double SamplingFlops(RolloutGroup group) => group.Rollouts.Count == 0
        ? 0
        : _trainee.Cost.Forward(0, group.Rollouts[0].PromptLength, 0) + group.Rollouts.Sum(r => _trainee.Cost.Forward(r.PromptLength, r.Length, r.Length));

    private void WriteSamples(IReadOnlyList<RolloutGroup> groups, int number)
    {
        RolloutGroup shown = Shown(groups);
        foreach (Rollout rollout in shown.Rollouts)
        {
            _samples!.Write(number, json => SampleFields.Write(json, shown.Problem, rollout));
        }
    }

    /// <summary>A group worth looking at: one whose answers differ.</summary>
    private static RolloutGroup Shown(IReadOnlyList<RolloutGroup> groups) => groups.FirstOrDefault(g => !g.HasNoVariance) ?? groups[0];

    private PolicyProgress Describe(IReadOnlyList<RolloutGroup> groups)
    {
        Rollout[] rollouts = [.. groups.SelectMany(g => g.Rollouts)];
        double Mean(Func<Rollout, double> of) => rollouts.Length == 0 ? 0 : rollouts.Average(of);
        RolloutGroup shown = Shown(groups);
        return new PolicyProgress
        {
            Reward = Mean(r => r.Reward.Total),
            Parts = [.. _policy.RewardWeights.Select(p => (p.Name, Mean(r => r.Reward.Parts[p.Name].Score)))],
            Accuracy = Mean(r => r.Reward.Outcome == VerdictOutcome.Correct ? 1 : 0),
            Length = Mean(r => r.Length),
            Truncated = Mean(r => r.Ended ? 0 : 1),
            Distinct = Mean(r => Repetition.DistinctShare(r.Tokens.AsSpan(r.PromptLength), 4)),
            Repeated = Mean(r => Repetition.RepeatedShare(r.Tokens.AsSpan(r.PromptLength))),
            Looping = Mean(r => r.Length >= LeastLoop && Repetition.LoopPeriod(r.Tokens.AsSpan(r.PromptLength + (r.Length / 2))) > 0 ? 1 : 0),
            ZeroVariance = groups.Average(g => g.HasNoVariance ? 1.0 : 0),
            Errors = groups.Sum(g => g.Errors.Count),
            Error = groups.SelectMany(g => g.Errors).FirstOrDefault(),
            Samples = rollouts.Length,
            Example = shown.Rollouts.MaxBy(r => r.Reward.Total) is { } best ? Show(shown.Problem, best) : null,
        };
    }
}
