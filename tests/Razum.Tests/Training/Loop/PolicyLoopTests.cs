using System.Text.Json;
using Razum.Models;
using Razum.Tensors;
using Razum.Training.Loop;
using Razum.Training.Objectives;
using Razum.Training.Rollouts;
using Razum.Training.Runs;
using Razum.Training.Schedules;
using Razum.Training.Verifiers;

namespace Razum.Tests.Training.Loop;

/// <summary>Stages of reinforcement learning: sampler and trainer agree in every bit, interruption changes nothing, what fails is said in plain words.</summary>
public sealed class PolicyLoopTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("razum-policy-").FullName;

    /// <summary>All presets, so that a new one is tested by being there.</summary>
    public static TheoryData<string> Presets => [.. PolicySettings.Presets.Keys];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Without_learning_the_ratio_is_exactly_1_and_nothing_moves(string preset)
    {
        RunConfig run = Config("still", PolicySettings.Preset(preset) with { MaxLength = 12 }, rate: 0, steps: 2);
        foreach (PolicyProgress step in Train(run, 2).Select(p => p.Policy!))
        {
            Assert.True(step.Compared > 0);
            Assert.Equal(0, step.Mismatch);
            Assert.Equal(0, step.StepKl);
            Dictionary<string, double> figures = step.Objective!.Values.ToDictionary(v => v.Name, v => v.Value);
            Assert.Equal(1, figures["ratio_mean"]);
            Assert.Equal(1, figures["ratio_max"]);
            Assert.Equal(0, figures["kl_old_k3"]);
            Assert.Equal(0, step.Objective.ReferenceKl ?? 0);
        }
    }

    [Fact]
    public void Sampler_and_trainer_agree_at_every_temperature_and_arithmetic_while_the_policy_learns()
    {
        foreach ((double temperature, Arithmetic arithmetic) in new[] { (0.7, Arithmetic.F32), (1.3, Arithmetic.BF16), (1, Arithmetic.BF16) })
        {
            PolicySettings settings = PolicySettings.Preset("r1") with { Temperature = temperature };
            RunConfig run = Config($"t{temperature}{arithmetic}", settings, rate: 0.01) with { Arithmetic = arithmetic };
            List<TrainProgress> steps = Train(run, 2);
            Assert.All(steps, s => Assert.Equal(0, s.Policy!.Mismatch));
            Assert.Contains(steps, s => s.Policy!.StepKl != 0);
        }
    }

    [Fact]
    public void The_policy_learns_what_is_rewarded()
    {
        PolicyConfig policy = Policy(PolicySettings.Preset("dr_grpo") with { MaxLength = 12 }) with { Samples = 16, Minibatches = 1 };
        RunConfig run = Config("learns", policy, rate: 0.01, steps: 30);
        List<TrainProgress> steps = Train(run, 2);
        Assert.True(steps[^1].Policy!.Reward > 2 * steps[0].Policy!.Reward, $"{steps[0].Policy!.Reward} -> {steps[^1].Policy!.Reward}");
        Assert.Equal(16 * 4, steps[0].Policy!.Samples);
        Assert.True(steps[^1].Cost.Flops > 0 && steps[^1].Cost.CoreHours > 0);
        Assert.NotNull(steps[^1].HeldOut!.Accuracy);
        string[] samples = File.ReadAllLines(Path.Combine(run.Output, "samples.jsonl"));
        Assert.Equal(30 * 16, samples.Length);
        using JsonDocument sample = JsonDocument.Parse(samples[0]);
        Assert.Equal(0, sample.RootElement.GetProperty("policy_version").GetInt32());
        Assert.True(File.Exists(Path.Combine(run.Output, "plots", "reward.png")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_killed_run_ends_with_the_same_bits(int killedAt)
    {
        PolicySettings settings = PolicySettings.Preset("r1"); // with a reference, which must come back too
        float[] whole = Weights(Config("once", settings, rate: 0.01), 2);
        RunConfig run = Config("killed", settings, rate: 0.01);
        using (var loop = new TrainLoop(run, new TrainOptions { Threads = 1, Plots = false, Progress = p => Die(p.Step) }))
        {
            Assert.Throws<TimeoutException>(() => loop.Run(TestContext.Current.CancellationToken));
        }

        Assert.Equal(whole, Weights(run, 2));
        Assert.Equal(Lines("once"), Lines("killed"));

        void Die(int step)
        {
            if (step == killedAt)
            {
                throw new TimeoutException("killed");
            }
        }

        string[] Lines(string name) => File.ReadAllLines(Path.Combine(_folder, name, "samples.jsonl"));
    }

    [Fact]
    public void A_cancelled_step_is_not_done_and_comes_again()
    {
        PolicySettings settings = PolicySettings.Preset("r1");
        float[] whole = Weights(Config("once", settings, rate: 0.01), 1);
        using var cancellation = new CancellationTokenSource();
        PolicyConfig cancels = Policy(settings) with { Reward = Reward(new Scripted(_ => Cancel())) };
        RunConfig run = Config("cancelled", cancels, rate: 0.01);
        using (var loop = new TrainLoop(run, new TrainOptions { Threads = 1, Plots = false }))
        {
            TrainResult result = loop.Run(cancellation.Token);
            Assert.False(result.Completed);
            Assert.Equal(0, result.Step);
        }

        Assert.Equal(whole, Weights(run with { Stages = Config("cancelled", settings, rate: 0.01).Stages }, 1));

        double Cancel()
        {
            cancellation.Cancel();
            return 0;
        }
    }

    [Fact]
    public void Verifiers_that_fail_stop_the_run_and_say_why()
    {
        bool isIll = false; // falls ill after the test of the rewards
        PolicyConfig policy = Policy(PolicySettings.Preset("dapo")) with
        {
            Reward = Reward(new Scripted(_ => isIll ? throw new InvalidOperationException("the judge is ill") : 0)),
        };
        TrainResult result = Run(Config("errors", policy, rate: 0.01, steps: 12), out List<TrainProgress> steps, _ => isIll = true);
        Assert.True(steps.Count <= 10);
        Assert.Contains("the judge is ill", steps[0].Warning, StringComparison.Ordinal);
        Assert.Contains("could be judged", result.Stopped, StringComparison.Ordinal);
    }

    [Fact]
    public void A_constant_reward_is_reported_and_stops_the_run()
    {
        PolicyConfig policy = Policy(PolicySettings.Preset("dapo")) with { Reward = Reward(new Scripted(_ => 0.25)) };
        TrainResult result = Run(Config("constant", policy, rate: 0.01, steps: 20), out List<TrainProgress> steps);
        Assert.Contains(steps, s => s.Warning?.Contains("no answer of", StringComparison.Ordinal) == true);
        Assert.Equal(10, result.Step);
        Assert.Contains("nothing to learn", result.Stopped, StringComparison.Ordinal);
        Assert.All(steps, s => Assert.Equal(1, s.Policy!.ZeroVariance));
    }

    [Fact]
    public void Answers_that_never_end_are_reported()
    {
        Run(Config("cut", Policy(PolicySettings.Preset("dapo")) with { MaxTokens = 2 }, rate: 0, steps: 8), out List<TrainProgress> steps);
        Assert.Contains(steps, s => s.Warning?.Contains("cut off", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void A_learning_rate_far_too_high_is_reported()
    {
        Run(Config("jumps", PolicySettings.Preset("dapo"), rate: 1, steps: 10), out List<TrainProgress> steps);
        Assert.Contains(steps, s => s.Warning?.Contains("learning rate is too high", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Short_right_answers_earn_more_where_length_counts()
    {
        // What the task says weighs nothing and the other part is always 1: only the length of an answer within its group decides.
        PolicyConfig policy = Policy(PolicySettings.Preset("dapo")) with
        {
            MaxTokens = 40,
            LengthReward = new LengthReward(LengthRewardKind.Kimi, 0.5, 40),
            Reward = new Reward([new RewardPart("task", new TaskVerifier(), 0), new RewardPart("test", new Right(), 1)]),
        };
        RunConfig run = Config("length", policy, rate: 0, steps: 2);
        Run(run, out List<TrainProgress> steps);
        Dictionary<string, double> parts = steps[0].Policy!.Parts.ToDictionary(p => p.Name, p => p.Mean);
        Assert.Equal(1, parts["test"]);
        Assert.InRange(steps[0].Policy!.Reward, 0.75, 1); // wrong answers never gain by their length
        foreach (IGrouping<string, JsonElement> group in File.ReadLines(Path.Combine(run.Output, "samples.jsonl"))
            .Select(l => JsonDocument.Parse(l).RootElement).GroupBy(s => s.GetProperty("step").ToString()))
        {
            JsonElement[] byLength = [.. group.OrderBy(s => s.GetProperty("tokens").GetInt32())];
            Assert.True(byLength[0].GetProperty("reward").GetDouble() >= byLength[^1].GetProperty("reward").GetDouble());
        }

        Run(Config("each", policy with { NormaliseEach = true }, rate: 0, steps: 1), out List<TrainProgress> each);
        Assert.Equal(0, each[0].Policy!.Mismatch);
        Assert.True(each[0].GradientNorm > 0);
    }

    [Fact]
    public void Groups_without_variance_are_replaced_where_that_is_asked_for()
    {
        // Scores 1 for answers that begin with a letter of the first half of the alphabet: some groups have no variance.
        PolicyConfig policy = Policy(PolicySettings.Preset("dapo")) with { Samples = 2, Reward = Reward(new Scripted(c => c.Text.Length > 0 && c.Text[0] < 'a' ? 1 : 0)) };
        Run(Config("skip", policy, rate: 0, steps: 1), out List<TrainProgress> skipped);
        Run(Config("refill", policy with { Refill = true }, rate: 0, steps: 1), out List<TrainProgress> refilled);
        Assert.Equal(8, skipped[0].Policy!.Samples);
        Assert.True(refilled[0].Policy!.Samples > 8);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The task's own verdict says what is right; what is earned is the other's score.</summary>
    private static Reward Reward(Verifier verifier) => new([new RewardPart("task", new TaskVerifier(), 0), new RewardPart("test", verifier, 1)]);

    /// <summary>Rewards digits: what a random model does now and then, and can learn to do always.</summary>
    private static PolicyConfig Policy(PolicySettings objective) => new()
    {
        Prompts = 4,
        Samples = 6,
        MaxTokens = 12,
        Minibatches = 2,
        Objective = objective,
        Reward = Reward(new Scripted(c => c.Text.Length == 0 ? 0 : (double)c.Text.Count(char.IsAsciiDigit) / c.Text.Length)),
        Families = new Dictionary<string, double> { ["chain_mod100"] = 1, ["gcd"] = 1 },
        ReferenceRefresh = 3,
        EvaluatePrompts = 4,
        Concurrent = 24,
    };

    private RunConfig Config(string name, PolicySettings objective, double rate, int steps = 5) => Config(name, Policy(objective), rate, steps);

    private RunConfig Config(string name, PolicyConfig policy, double rate, int steps = 5) => new()
    {
        Name = name,
        Seed = 3,
        Model = ModelConfigReader.Parse(TinyModel.Json, "tiny"),
        Output = Path.Combine(_folder, name),
        SequenceLength = 96,
        MicroBatchTokens = 300,
        AdamW = new(),
        EvaluateEvery = 2,
        CheckpointEvery = 2,
        KeepCheckpoints = 2,
        Hash = $"{policy.Objective} {rate} {steps}",
        Stages =
        [
            new StageConfig
            {
                Name = "policy",
                Policy = policy,
                Steps = steps,
                StepTokens = 1,
                LearningRate = rate,
                Schedule = new ConstantSchedule(),
            },
        ],
    };

    private static List<TrainProgress> Train(RunConfig run, int threads)
    {
        List<TrainProgress> steps = [];
        using var loop = new TrainLoop(run, new TrainOptions { Threads = threads, Plots = run.Name == "learns", Progress = steps.Add });
        TrainResult result = loop.Run(TestContext.Current.CancellationToken);
        Assert.True(result.Completed, result.Stopped);
        return steps;
    }

    private static float[] Weights(RunConfig run, int threads)
    {
        using var loop = new TrainLoop(run, new TrainOptions { Threads = threads, Plots = false });
        Assert.True(loop.Run(TestContext.Current.CancellationToken).Completed);
        return [.. loop.Decoder.Parameters.SelectMany(w => w.ToArray())];
    }

    private static TrainResult Run(RunConfig run, out List<TrainProgress> steps, Action<HeldOut>? before = null)
    {
        List<TrainProgress> seen = [];
        using var loop = new TrainLoop(run, new TrainOptions { Threads = 1, Plots = false, Progress = seen.Add, Before = before });
        TrainResult result = loop.Run(TestContext.Current.CancellationToken);
        steps = seen;
        return result;
    }

    /// <summary>Calls everything right that is not obviously nothing.</summary>
    private sealed class Right : Verifier
    {
        public override string Name => "right";

        public override bool JudgesAnswer => false;

        protected override Verdict Judge(Problem problem, Completion completion) => Verdict.Correct();
    }

    /// <summary>Scores as the test wishes.</summary>
    private sealed class Scripted(Func<Completion, double> score) : Verifier
    {
        public override string Name => "scripted";

        public override bool JudgesAnswer => false;

        protected override Verdict Judge(Problem problem, Completion completion) => Verdict.Graded(score(completion), 1);
    }
}
