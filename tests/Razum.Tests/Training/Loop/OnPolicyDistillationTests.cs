using Razum.Models;
using Razum.Tensors;
using Razum.Text;
using Razum.Training.Loop;
using Razum.Training.Objectives;
using Razum.Training.Rollouts;
using Razum.Training.Runs;
using Razum.Training.Schedules;
using Razum.Training.Verifiers;

namespace Razum.Tests.Training.Loop;

/// <summary>A teacher followed on the student's own answers: exact where they agree, the right gradient, closer with every step, and unmoved by interruptions.</summary>
public sealed class OnPolicyDistillationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(TinyModel.Json)]
    [InlineData(TinyQwen.Config)]
    public void A_student_that_is_its_own_teacher_has_no_loss_and_no_gradient(string config)
    {
        TinyQwen.Write(_folder.File("teacher"), config);
        RunConfig run = Config("same", steps: 1, rate: 0) with { ModelPath = _folder.File("teacher"), Model = ModelConfigReader.Read(_folder.File("teacher")) };
        TrainProgress step = Assert.Single(Train(run, 2).Steps);
        Assert.Equal(0, step.Loss);
        Assert.Equal(0, step.GradientNorm);
        Assert.Equal(0, step.HeldOut!.Loss);
    }

    [Fact]
    public void The_student_comes_closer_to_its_teacher_also_where_nobody_judges()
    {
        TinyQwen.Write(_folder.File("teacher"), TinyModel.Json);
        List<HeldOut> before = [];
        List<TrainProgress> steps = Train(Config("closer", steps: 30, rate: 0.01), 2, before.Add).Steps;
        (double first, double last) = (before[0].Loss!.Value, steps[^1].HeldOut!.Loss!.Value);
        Assert.True(first > 0.001 && last < first / 2, $"{first} -> {last}");
        Assert.Null(before[0].Accuracy);
        Assert.Equal(steps[^1].Loss, steps[^1].Policy!.TeacherDivergence);
        Assert.Contains("teacher_divergence", File.ReadAllText(Path.Combine(_folder.Path, "closer", "metrics.jsonl")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_judge_only_measures()
    {
        TinyQwen.Write(_folder.File("teacher"), TinyModel.Json);
        (List<TrainProgress> plain, float[] weights) = Train(Config("plain", steps: 3, rate: 0.01), 1);
        RunConfig judged = Config("judged", steps: 3, rate: 0.01);
        PolicyConfig policy = judged.Stages[0].Policy! with { Reward = new Reward([new RewardPart("task", new TaskVerifier(), 1)]) };
        (List<TrainProgress> steps, float[] same) = Train(judged with { Stages = [judged.Stages[0] with { Policy = policy }] }, 1);
        Assert.Equal(weights, same);
        Assert.Equal(plain.Select(s => s.Loss), steps.Select(s => s.Loss));
        Assert.NotNull(steps[^1].HeldOut!.Accuracy);
        Assert.Equal("task", Assert.Single(steps[0].Policy!.Parts).Name);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_killed_run_ends_with_the_same_bits(int killedAt)
    {
        TinyQwen.Write(_folder.File("teacher"), TinyModel.Json);
        float[] whole = Train(Config("whole", steps: 5, rate: 0.01), 2).Weights;
        RunConfig run = Config("killed", steps: 5, rate: 0.01);
        using (var loop = new TrainLoop(run, new TrainOptions { Threads = 1, Plots = false, Progress = p => Die(p.Step) }))
        {
            Assert.Throws<TimeoutException>(() => loop.Run(TestContext.Current.CancellationToken));
        }

        Assert.Equal(whole, Train(run, 1).Weights);

        void Die(int step)
        {
            if (step == killedAt)
            {
                throw new TimeoutException("killed");
            }
        }
    }

    [Theory]
    [InlineData(DistillationKind.Reverse)]
    [InlineData(DistillationKind.Jsd)]
    [InlineData(DistillationKind.Forward)]
    public void The_gradient_is_that_of_the_mean_over_all_tokens_of_the_answers(DistillationKind kind)
    {
        TinyQwen.Write(_folder.File("teacher"), TinyModel.Json);
        RunConfig run = Config("gradient", steps: 1);
        Tokenizer tokenizer = Tokenizer.Load(_folder.File("teacher"));
        using var trainee = new Trainee(run, new Decoder(run.Model, new RandomParameters(7, 0.3f)), tokenizer, new TrainOptions { Threads = 1 });
        using Teacher teacher = Teacher.Load(_folder.File("teacher"), trainee.Decoder, tokenizer);
        var step = new DistillationStep(trainee, teacher, new DistillationSettings { Kind = kind });
        Rollout[] answers = [Answer(5, 3), Answer(4, 60), Answer(50, 9), Answer(2, 1)]; // more than one micro-batch
        PolicyUpdate update = step.Accumulate(answers);
        Assert.Equal(step.Evaluate(answers), update.Loss, 6);

        // Along the gradient the loss rises by its norm. Moved is the head and what lies behind the last choice of experts, which is no smooth function.
        Weight[] moved = [.. trainee.Trained.Where(w => w.Gradient is not null && w.Name is "lm_head.weight" or "model.norm.weight")];
        Assert.Equal(2, moved.Length);
        float[][] gradients = [.. moved.Select(w => w.Gradient!.Value.ToArray())];
        double norm = Math.Sqrt(gradients.Sum(g => g.Sum(x => (double)x * x)));
        const double Move = 0.02;
        double rise = (Moved(Move) - Moved(-Move)) / (2 * Move);
        Assert.InRange(rise / norm, 0.98, 1.02);

        double Moved(double by)
        {
            float[][] kept = [.. moved.Select(w => w.ToArray())];
            for (int i = 0; i < moved.Length; i++)
            {
                Span<float> values = moved[i].AsSpan();
                for (int k = 0; k < values.Length; k++)
                {
                    values[k] += (float)(by * gradients[i][k] / norm);
                }

                moved[i].MarkChanged();
            }

            double loss = step.Evaluate(answers);
            for (int i = 0; i < moved.Length; i++)
            {
                kept[i].CopyTo(moved[i].AsSpan());
                moved[i].MarkChanged();
            }

            return loss;
        }
    }

    [Fact]
    public void A_teacher_with_another_vocabulary_is_refused()
    {
        TinyQwen.Write(_folder.File("teacher"), TinyModel.Json);
        string file = _folder.File("teacher/tokenizer.json");
        string text = File.ReadAllText(file);
        File.WriteAllText(file, text.Replace("</think>", "</thonk>", StringComparison.Ordinal));
        Assert.NotEqual(text, File.ReadAllText(file));
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => new TrainLoop(Config("other", steps: 1) with { TokenizerPath = null }, new TrainOptions { Threads = 1 }));
        Assert.Contains("</thonk>", fault.Message, StringComparison.Ordinal);
        Assert.Contains("same vocabulary", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_a_teacher_that_are_no_tokens_are_cut_off_and_a_smaller_one_is_refused()
    {
        TinyQwen.Write(_folder.File("teacher")); // 272 rows for the 266 tokens of the student
        Assert.True(Assert.Single(Train(Config("padded", steps: 1), 1).Steps).Loss > 0);
        RunConfig run = Config("larger", steps: 1) with { Model = ModelConfigReader.Parse(TinyQwen.Config.Replace("272", "280", StringComparison.Ordinal), "larger") };
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => new TrainLoop(run, new TrainOptions { Threads = 1 }));
        Assert.Contains("the teacher has 272 tokens, the student 280", fault.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static Rollout Answer(int prompt, int length) => new()
    {
        Tokens = [.. Enumerable.Range(0, prompt + length).Select(i => 10 + ((i * 37) % 200))],
        PromptLength = prompt,
        LogProbs = new float[length],
        PolicyVersion = 0,
        Ended = true,
        Text = "",
        Reward = RewardResult.None,
    };

    private RunConfig Config(string name, int steps, double rate = 0.001) => new()
    {
        Name = name,
        Seed = 3,
        Model = ModelConfigReader.Parse(TinyModel.Json, "tiny"),
        TokenizerPath = _folder.File("teacher"),
        Output = Path.Combine(_folder.Path, name),
        SequenceLength = 96,
        MicroBatchTokens = 100,
        AdamW = new(),
        EvaluateEvery = steps,
        CheckpointEvery = 2,
        KeepCheckpoints = 2,
        Hash = $"{steps} {rate}",
        Stages =
        [
            new StageConfig
            {
                Name = "distil",
                Policy = new PolicyConfig
                {
                    Prompts = 4,
                    Samples = 2,
                    MaxTokens = 10,
                    Minibatches = 2,
                    Objective = new PolicySettings(),
                    Teacher = new TeacherConfig(_folder.File("teacher"), new DistillationSettings { Kind = DistillationKind.Reverse }),
                    Reward = null,
                    Families = new Dictionary<string, double> { ["gcd"] = 1 },
                    EvaluatePrompts = 6,
                    Concurrent = 8,
                },
                Steps = steps,
                StepTokens = 1,
                LearningRate = rate,
                Schedule = new ConstantSchedule(),
            },
        ],
    };

    private static (List<TrainProgress> Steps, float[] Weights) Train(RunConfig run, int threads, Action<HeldOut>? before = null)
    {
        List<TrainProgress> steps = [];
        using var loop = new TrainLoop(run, new TrainOptions { Threads = threads, Plots = false, Progress = steps.Add, Before = before });
        TrainResult result = loop.Run(TestContext.Current.CancellationToken);
        Assert.True(result.Completed, result.Stopped);
        return (steps, [.. loop.Decoder.Parameters.SelectMany(w => w.ToArray())]);
    }
}
