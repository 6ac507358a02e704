using Razum.Models;
using Razum.Training.Loop;
using Razum.Training.Objectives;
using Razum.Training.Runs;
using Razum.Training.Schedules;
using Razum.Training.Verifiers;

namespace Razum.Tests.Training.Loop;

/// <summary>
/// Reinforcement on a file of five lines, one of which the model solves now and then: the curriculum finds it, the model learns it, and a killed run ends with
/// the same bits.
/// </summary>
public sealed class ProblemFileLoopTests : IDisposable
{
    private const int Tuning = 40;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_one_problem_that_can_be_solved_is_found_and_learned_and_a_killed_run_ends_with_the_same_bits()
    {
        RunConfig whole = Config("whole");
        (List<TrainProgress> steps, float[] weights) = Train(whole, 2);
        PolicyProgress[] learned = [.. steps.Skip(Tuning).Select(s => s.Policy!)];
        Assert.InRange(learned[0].Accuracy, 0.001, 0.4);
        Assert.True(learned[^3..].Average(p => p.Accuracy) > 0.6, string.Join(' ', learned.Select(p => p.Accuracy)));
        Assert.True(learned[^3..].Average(p => p.Curriculum!.PassedOver) > 0.5);
        Assert.All(learned, p => Assert.Equal(0, p.Mismatch));
        Assert.Contains("\"passed_over\":", File.ReadAllText(Path.Combine(whole.Output, "metrics.jsonl")), StringComparison.Ordinal);
        Assert.Contains(steps, s => s.HeldOut?.Families is [("five", _)]);

        RunConfig killed = Config("killed");
        using (var loop = new TrainLoop(killed, new TrainOptions { Threads = 1, Plots = false, Progress = p => Die(p.Step) }))
        {
            Assert.Throws<TimeoutException>(() => loop.Run(TestContext.Current.CancellationToken));
        }

        Assert.NotEmpty(Directory.GetFiles(killed.Output, "pass_rates.jsonl", SearchOption.AllDirectories));
        Assert.Equal(weights, Train(killed, 1).Weights);
        Assert.Equal(Lines("whole"), Lines("killed"));

        static void Die(int step)
        {
            if (step == Tuning + 9)
            {
                throw new TimeoutException("killed");
            }
        }

        string[] Lines(string name) => File.ReadAllLines(Path.Combine(_folder.Path, name, "samples.jsonl"));
    }

    [Fact]
    public void Nothing_held_out_and_prompts_too_long_are_said()
    {
        RunConfig run = Config("none");
        StageConfig stage = run.Stages[1];
        RunConfig Asks(ProblemsConfig problems) => run with { Stages = [stage with { Policy = stage.Policy! with { Problems = [problems] } }] };
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => new TrainLoop(Asks(stage.Policy!.Problems[0] with { HeldOut = 0 }), new TrainOptions { Threads = 1 }));
        Assert.Contains("held_out", fault.Message, StringComparison.Ordinal);

        File.AppendAllText(_folder.File("five.jsonl"), $$"""{"prompt": "{{new string('x', 100)}}", "answer": "#### 1"}""" + "\n");
        List<string> notices = [];
        new TrainLoop(Asks(stage.Policy!.Problems[0]), new TrainOptions { Threads = 1, Notice = notices.Add }).Dispose();
        Assert.Contains("1 left out", Assert.Single(notices), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private RunConfig Config(string name)
    {
        // Every question is answered by 1 to 4, each as often: only the question whose answer is 3 can be solved.
        File.WriteAllLines(_folder.File("tuning.jsonl"), Enumerable.Range(0, 24).Select(i =>
            $$"""{"messages": [{"role": "user", "content": "{{(char)('a' + (i / 4))}}"}, {"role": "assistant", "content": "{{1 + (i % 4)}}", "reasoning_content": "."}]}"""));
        File.WriteAllLines(_folder.File("five.jsonl"), Enumerable.Range(0, 5).Select(i => $$"""{"prompt": "{{(char)('a' + i)}}", "answer": "#### {{(i == 1 ? 3 : 90 + i)}}"}"""));
        var policy = new PolicyConfig
        {
            Prompts = 6,
            Samples = 12,
            MaxTokens = 8,
            Objective = PolicySettings.Preset("dr_grpo") with { MaxLength = 8 },
            Reward = new Reward([new RewardPart("gsm8k", new Gsm8kVerifier("flexible"), 1)]),
            Families = new Dictionary<string, double>(),
            Problems = [new ProblemsConfig { Files = [_folder.File("five.jsonl")], HeldOut = 0.2, Columns = new() { AnswerAfter = "####" } }],
            Curriculum = new CurriculumConfig { Low = 0.02, Retry = 0.02 },
            EvaluatePrompts = 4,
            Concurrent = 72,
        };
        StageConfig Stage(string stage, int count, double rate, PolicyConfig? reinforcement) => new()
        {
            Name = stage,
            Data = reinforcement is null ? new DataConfig { Kind = "jsonl", Files = [_folder.File("tuning.jsonl")], HeldOut = 0.1 } : null,
            Policy = reinforcement,
            Steps = count,
            StepTokens = 400,
            LearningRate = rate,
            Schedule = new ConstantSchedule(),
        };
        return new RunConfig
        {
            Name = name,
            Seed = 3,
            Model = ModelConfigReader.Parse(TinyModel.Json, "tiny"),
            Output = Path.Combine(_folder.Path, name),
            SequenceLength = 48,
            MicroBatchTokens = 300,
            AdamW = new(),
            EvaluateEvery = 10,
            EvaluateTokens = 60,
            CheckpointEvery = 6,
            KeepCheckpoints = 2,
            Hash = "five",
            Stages = [Stage("tuning", Tuning, 0.01, null), Stage("policy", 20, 0.003, policy)],
        };
    }

    private static (List<TrainProgress> Steps, float[] Weights) Train(RunConfig run, int threads)
    {
        List<TrainProgress> steps = [];
        using var loop = new TrainLoop(run, new TrainOptions { Threads = threads, Plots = false, Progress = steps.Add });
        loop.Run(TestContext.Current.CancellationToken);
        return (steps, [.. loop.Decoder.Parameters.SelectMany(w => w.ToArray())]);
    }
}
