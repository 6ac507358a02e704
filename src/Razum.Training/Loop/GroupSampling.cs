using Razum.Inference;
using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Evals;
using Razum.Training.Rollouts;
using Razum.Training.Runs;
using Razum.Training.Verifiers;

namespace Razum.Training.Loop;

/// <summary>
/// What a stage asks the policy, and what it answers: draws problems, samples groups of answers from an engine over the very weights that are trained, keeps
/// the curriculum, measures on what is held out.
/// </summary>
internal sealed class GroupSampling : IDisposable
{
    private const int MostRefills = 2;
    private const int SelfTests = 64;
    private const int LeastLoop = 32; // tokens of an answer: less is too short to call its half a loop
    private const string RatesFile = "pass_rates.jsonl";

    private readonly Trainee _trainee;
    private readonly StageConfig _stage;
    private readonly PolicyConfig _policy;
    private readonly bool _recordsRouting;
    private readonly ChatTemplate _template;
    private readonly ProblemSource _problems;
    private readonly Curriculum? _curriculum;
    private readonly IReadOnlyList<(string Family, Problem Problem)> _heldOut;
    private readonly List<DrawnProblem> _asked = [];
    private Engine? _engine;
    private RolloutSampler? _sampler;
    private StepLog? _samples;

    /// <exception cref="InvalidDataException">The problems cannot be used; one line.</exception>
    public GroupSampling(Trainee trainee, StageConfig stage, PolicyConfig policy)
    {
        (_trainee, _stage, _policy) = (trainee, stage, policy);
        _recordsRouting = policy.Teacher is null && policy.RecordsRouting(trainee.Decoder.Config);
        if (policy.ReplayRouting && !_recordsRouting)
        {
            throw new InvalidDataException($"{trainee.Run.Name}: stage {stage.Name}: reinforcement.replay_routing: the model has no experts");
        }

        _template = ChatTemplate.For(trainee.Tokenizer);
        _problems = MakeSource();
        _curriculum = policy.Curriculum is { } config ? new Curriculum(config, trainee.Run.Seed) : null;
        _heldOut = trainee.Run.EvaluateEvery > 0 ? _problems.HeldOut(policy.EvaluatePrompts) : [];
        if (trainee.Run.EvaluateEvery > 0 && _heldOut.Count == 0)
        {
            throw new InvalidDataException($"{trainee.Run.Name}: stage {stage.Name}: there is nothing to evaluate on: set held_out of its problems");
        }
    }

    public string Fingerprint => _problems.Fingerprint + _curriculum?.Fingerprint;

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

    /// <summary>Tries the reward, and makes the engine.</summary>
    /// <param name="done">Steps of the run done before.</param>
    public void Begin(int done)
    {
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
    }

    /// <summary>The groups of a step. With refilling, those without variance are replaced, as long as that is worth it.</summary>
    /// <param name="next">Number of the next problem; moved on.</param>
    /// <param name="cancellation">Gives up.</param>
    public IReadOnlyList<RolloutGroup> Sample(ref long next, CancellationToken cancellation)
    {
        _asked.Clear();
        _curriculum?.Begin();
        List<RolloutGroup> groups = [];
        int wanted = _policy.Prompts;
        for (int round = 0; wanted > 0 && round <= (_policy.Refill ? MostRefills : 0); round++)
        {
            long first = next; // of the draws, too: a problem that is passed over leaves its own unused
            Draw(wanted, ref next);
            Problem[] problems = [.. _asked.Skip(groups.Count).Select(a => a.Problem)];
            IReadOnlyList<RolloutGroup> sampled = _sampler!.SampleAsync(problems, first, Sampling, _trainee.Optimizer.Updates, cancellation).GetAwaiter().GetResult();
            groups.AddRange(_policy.LengthReward is { } length ? sampled.Select(length.Apply) : sampled);
            wanted = _policy.Prompts - groups.Count(g => !g.HasNoVariance);
        }

        return groups;
    }

    /// <summary>The step with these groups is done: their pass rates count from now on, and one of them is written down.</summary>
    /// <param name="groups">What <see cref="Sample"/> gave.</param>
    /// <param name="number">Number of the step in the run.</param>
    public void Conclude(IReadOnlyList<RolloutGroup> groups, int number)
    {
        _curriculum?.Add(number, _asked.Zip(groups, (a, g) => (a, g.Rollouts.Count, g.Rollouts.Count(IsRight))));
        RolloutGroup shown = Shown(groups);
        foreach (Rollout rollout in shown.Rollouts)
        {
            _samples!.Write(number, json => SampleFields.Write(json, shown.Problem, rollout));
        }
    }

    /// <summary>The figures of a step's answers; those of learning from them are the caller's.</summary>
    public PolicyProgress Describe(IReadOnlyList<RolloutGroup> groups)
    {
        Rollout[] rollouts = [.. groups.SelectMany(g => g.Rollouts)];
        double Mean(Func<Rollout, double> of) => rollouts.Length == 0 ? 0 : rollouts.Average(of);
        RolloutGroup shown = Shown(groups);
        return new PolicyProgress
        {
            Reward = Mean(r => r.Reward.Total),
            Parts = [.. _policy.RewardWeights.Select(p => (p.Name, Mean(r => r.Reward.Parts[p.Name].Score)))],
            Accuracy = Mean(r => IsRight(r) ? 1 : 0),
            Length = Mean(r => r.Length),
            Truncated = Mean(r => r.Ended ? 0 : 1),
            Distinct = Mean(r => Repetition.DistinctShare(r.Tokens.AsSpan(r.PromptLength), 4)),
            Repeated = Mean(r => Repetition.RepeatedShare(r.Tokens.AsSpan(r.PromptLength))),
            Looping = Mean(r => r.Length >= LeastLoop && Repetition.LoopPeriod(r.Tokens.AsSpan(r.PromptLength + (r.Length / 2))) > 0 ? 1 : 0),
            ZeroVariance = groups.Average(g => g.HasNoVariance ? 1.0 : 0),
            Errors = groups.Sum(g => g.Errors.Count),
            Error = groups.SelectMany(g => g.Errors).FirstOrDefault(),
            Samples = rollouts.Length,
            Curriculum = _curriculum?.Figures,
            Example = shown.Rollouts.MaxBy(r => r.Reward.Total) is { } best ? Show(shown.Problem, best) : null,
        };
    }

    /// <summary>Greedy answers to the held-out problems, one to a group.</summary>
    public IReadOnlyList<RolloutGroup> AskHeldOut()
    {
        SamplingSettings greedy = Sampling with { Samples = 1, Temperature = 0, RecordRouting = false };
        return _sampler!.SampleAsync([.. _heldOut.Select(h => h.Problem)], 0, greedy, _trainee.Optimizer.Updates).GetAwaiter().GetResult();
    }

    /// <summary>How good those answers are.</summary>
    public HeldOut Judge(IReadOnlyList<RolloutGroup> groups)
    {
        (string Family, double Accuracy)[] families =
        [
            .. groups.Zip(_heldOut, (g, h) => (Group: g, h.Family)).Where(a => a.Group.Rollouts.Count > 0)
                .GroupBy(a => a.Family).OrderBy(f => f.Key, StringComparer.Ordinal)
                .Select(f => (f.Key, f.Average(a => IsRight(a.Group.Rollouts[0]) ? 1.0 : 0))),
        ];
        return new HeldOut
        {
            Accuracy = families.Length == 0 ? 0 : families.Average(f => f.Accuracy),
            Length = groups.SelectMany(g => g.Rollouts).Select(r => (double)r.Length).DefaultIfEmpty().Average(),
            Families = families,
            Example = groups[0].Rollouts is [var first, ..] ? Show(groups[0].Problem, first) : null,
        };
    }

    /// <summary>Operations of sampling a group: its prompt once, every answer token by token.</summary>
    public double Flops(RolloutGroup group) => group.Rollouts.Count == 0
        ? 0
        : _trainee.Cost.Forward(0, group.Rollouts[0].PromptLength, 0) + group.Rollouts.Sum(r => _trainee.Cost.Forward(r.PromptLength, r.Length, r.Length));

    /// <summary>Writes the pass rates beside the other state of a checkpoint.</summary>
    public void WriteFiles(string folder) => _curriculum?.Write(Path.Combine(folder, RatesFile));

    /// <summary>Reads them back.</summary>
    public void ReadFiles(string folder) => _curriculum?.Read(Path.Combine(folder, RatesFile));

    public void Dispose()
    {
        if (_engine is not null)
        {
            _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _engine = null;
        }

        _samples?.Dispose();
        _samples = null;
    }

    private static bool IsRight(Rollout rollout) => rollout.Reward.Outcome == VerdictOutcome.Correct;

    /// <summary>A group worth looking at: one whose answers differ.</summary>
    private static RolloutGroup Shown(IReadOnlyList<RolloutGroup> groups) => groups.FirstOrDefault(g => !g.HasNoVariance) ?? groups[0];

    private static PolicyExample Show(Problem problem, Rollout rollout) => new(problem.Prompt, rollout.Text, rollout.Reward.Total, rollout.Length);

    private void Draw(int count, ref long next)
    {
        for (int i = 0; i < count; i++)
        {
            _asked.Add(_curriculum is null ? _problems.Get(next++) : _curriculum.Draw(_problems, ref next));
        }
    }

    private ProblemSource MakeSource()
    {
        List<(ProblemSource Source, double Weight)> parts = [];
        int seed = _trainee.Run.Seed;
        if (_policy.Families.Values.Sum() is > 0 and var weight)
        {
            parts.Add((new ProceduralProblems(seed, _policy.Families, _policy.Level), weight));
        }

        foreach (ProblemsConfig config in _policy.Problems)
        {
            int longest = _trainee.Run.SequenceLength - _policy.MaxTokens;
            var file = new ProblemFile(config, seed, p => _trainee.Tokenizer.Encode(RolloutSampler.Render(_template, p)).Length, longest);
            string left = file.LeftOut > 0 ? $", {file.LeftOut} left out, whose prompts are longer than {longest} tokens" : "";
            _trainee.Options.Notice?.Invoke($"stage {_stage.Name}: {file.Count} problems of {config.Name} to train on{left}");
            parts.Add((file, config.Weight));
        }

        return parts is [var only] ? only.Source : new ProblemMixture(parts, seed);
    }

    /// <summary>Tries the reward on problems of this stage before anything is paid for.</summary>
    private void TestReward()
    {
        if (_policy.Reward is not { } reward)
        {
            return;
        }

        try
        {
            VerifierSelfTest.RunAnswers(reward, _problems.Given);
            VerifierSelfTest.Run(reward, [.. Enumerable.Range(0, SelfTests).Select(i => _problems.Get(i).Problem)]);
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException($"{_trainee.Run.Name}: stage {_stage.Name}: {fault.Message}", fault);
        }
    }
}
