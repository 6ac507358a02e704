using System.Text.Json;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Simd;
using Razum.Text;
using Razum.Training.Checkpoints;
using Razum.Training.Data;
using Razum.Training.Loop;
using Razum.Training.Objectives;
using Razum.Training.Optimizers;
using Razum.Training.Runs;

namespace Razum.Tests.Training.Loop;

/// <summary>A whole small run of two stages: learning, evaluation, checkpoints, interruption at any step, refusals.</summary>
public sealed class TrainLoopTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("razum-train-").FullName;

    [Fact]
    public void A_run_learns_and_leaves_a_published_model()
    {
        RunConfig run = Config("whole");
        List<TrainProgress> steps = [];
        using var loop = new TrainLoop(run, new TrainOptions { Threads = 2, Progress = steps.Add });
        TrainResult result = loop.Run(TestContext.Current.CancellationToken);
        Assert.True(result.Completed);
        Assert.Equal(run.Steps, steps.Count);
        Assert.True(steps[11].Main < 0.9 * steps[0].Main, $"{steps[0].Main} -> {steps[11].Main}");
        Assert.NotNull(steps[0].Mtp);
        Assert.NotNull(steps[0].Balance);
        Assert.NotNull(steps[3].HeldOut?.Loss);
        Assert.Equal(run.Steps, File.ReadLines(Path.Combine(run.Output, "metrics.jsonl")).Count());
        Assert.Equal(2, Directory.GetDirectories(run.Output, "step-*").Length);
        Assert.True(File.Exists(Path.Combine(run.Output, "best", "model.safetensors")));
        Assert.True(File.Exists(Path.Combine(run.Output, "plots", "loss.png")));

        // The published folder opens like any other, and holds the same weights.
        Assert.True(File.Exists(Path.Combine(result.Folder, "generation_config.json")));
        Assert.Equal(ByteTokenizer.VocabSize, Tokenizer.Load(result.Folder).VocabSize);
        using var checkpoint = new Checkpoint(result.Folder);
        var decoder = new Decoder(ModelConfigReader.Read(result.Folder), new CheckpointParameters(checkpoint, trainable: true));
        foreach ((Weight trained, Weight read) in loop.Decoder.Parameters.Zip(decoder.Parameters))
        {
            Assert.Equal(trained.Name, read.Name);
            Assert.Equal(trained.ToArray(), read.ToArray());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(13)]
    [InlineData(16)]
    public void A_killed_run_ends_with_the_same_bits(int killedAt)
    {
        float[] whole = Train(Config("once"), 2);
        RunConfig run = Config("killed");
        using (var loop = new TrainLoop(run, new TrainOptions { Threads = 1, Plots = false, Progress = p => Die(p.Step) }))
        {
            Assert.Throws<OperationCanceledException>(() => loop.Run(TestContext.Current.CancellationToken));
        }

        // What a kill while writing leaves behind.
        Directory.CreateDirectory(Path.Combine(run.Output, "step-000099.tmp", "training"));
        Assert.Equal(whole, Train(run, 2));
        Assert.Equal(
            Losses(Path.Combine(_folder, "once", "metrics.jsonl")), Losses(Path.Combine(run.Output, "metrics.jsonl")));

        void Die(int step)
        {
            if (step == killedAt)
            {
                throw new OperationCanceledException("killed");
            }
        }
    }

    [Fact]
    public void A_cancelled_run_finishes_its_step_and_can_go_on()
    {
        float[] whole = Train(Config("once"), 1);
        RunConfig run = Config("cancelled");
        using var cancellation = new CancellationTokenSource();
        using (var loop = new TrainLoop(run, new TrainOptions { Threads = 1, Plots = false, Progress = p => CancelAt(p.Step) }))
        {
            TrainResult result = loop.Run(cancellation.Token);
            Assert.False(result.Completed);
            Assert.Equal(7, result.Step);
            Assert.True(File.Exists(Path.Combine(result.Folder, "training", "state.json")));
        }

        Assert.Equal(whole, Train(run, 1));

        void CancelAt(int step)
        {
            if (step == 7)
            {
                cancellation.Cancel();
            }
        }
    }

    [Fact]
    public void Training_in_bf16_learns_with_the_same_bits_for_any_threads_and_any_kernels()
    {
        RunConfig run = Config("bf16") with { Arithmetic = Arithmetic.BF16 };
        float[] one = Train(run, 1);
        Assert.Equal(one, Train(run with { Output = run.Output + "-2" }, 2));
        Assert.NotEqual(one, Train(Config("f32"), 1));
        if (InstructionSets.Supported.Contains(InstructionSet.Jit))
        {
            Assert.Equal(
                Train(run with { Output = run.Output + "-3" }, 1, InstructionSet.Jit), Train(run with { Output = run.Output + "-4" }, 2, InstructionSet.Avx512));
        }

        double[] losses = [.. File.ReadLines(Path.Combine(run.Output, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble())];
        Assert.True(losses[11] < 0.9 * losses[0], $"{losses[0]} -> {losses[11]}");
    }

    [Fact]
    public void Recomputation_changes_nothing()
    {
        Assert.Equal(Train(Config("kept"), 1), Train(Config("recomputed") with { Recompute = true }, 1));
    }

    [Fact]
    public void The_average_of_weights_is_published_and_survives_an_interruption()
    {
        var average = new AverageSettings { Decay = 0.7, After = 3 };
        RunConfig run = Config("averaged") with { Average = average };
        Assert.Equal(Train(Config("alone"), 2), Train(run, 2)); // training itself does not notice
        using var cancellation = new CancellationTokenSource();
        RunConfig cut = Config("cut") with { Average = average };
        using (var loop = new TrainLoop(cut, new TrainOptions { Threads = 1, Plots = false, Progress = p => Cancel(p.Step) }))
        {
            Assert.False(loop.Run(cancellation.Token).Completed);
        }

        Train(cut, 1);
        string[] files = [.. ((RunConfig[])[run, cut]).Select(r => Path.Combine(r.Output, "average", "model.safetensors"))];
        Assert.Equal(File.ReadAllBytes(files[0]), File.ReadAllBytes(files[1]));
        Assert.NotEqual(File.ReadAllBytes(files[0]), File.ReadAllBytes(Path.Combine(run.Output, "final", "model.safetensors")));

        void Cancel(int step)
        {
            if (step == 7)
            {
                cancellation.Cancel();
            }
        }
    }

    [Fact]
    public void A_student_learns_from_a_teacher()
    {
        RunConfig teacher = Config("teacher");
        Train(teacher, 2);
        var loss = new SupervisedSettings
        {
            Teacher = Path.Combine(teacher.Output, "final"),
            Distillation = new DistillationSettings { Kind = DistillationKind.Forward, Temperature = 2 },
        };
        RunConfig run = Config("student") with { Seed = 6 };
        double[] losses = Mains(run with { Stages = [run.Stages[0] with { Loss = loss }] });
        Assert.True(losses[^1] < 0.5 * losses[0], $"{losses[0]} -> {losses[^1]}");

        // From itself there is nothing to learn.
        RunConfig same = Config("same") with { ModelPath = loss.Teacher };
        Assert.Equal(0, Mains(same with { Stages = [same.Stages[0] with { Loss = loss, Steps = 1, MtpLambda = 0 }], EvaluateEvery = 0 })[0], 1e-6);
        RunConfig other = Config("other");
        Assert.Throws<InvalidDataException>(() => Train(other with { Stages = [other.Stages[0] with { Loss = loss with { Teacher = _folder } }] }, 1));

        static double[] Mains(RunConfig run)
        {
            List<double> mains = [];
            using var loop = new TrainLoop(run, new TrainOptions { Threads = 2, Plots = false, Progress = p => mains.Add(p.Main ?? double.NaN) });
            loop.Run(TestContext.Current.CancellationToken);
            return [.. mains];
        }
    }

    [Fact]
    public void Another_run_s_checkpoint_is_refused()
    {
        RunConfig run = Config("first");
        Train(run, 1);
        RunConfig other = Config("second", rate: 0.001) with { Output = run.Output };
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => new TrainLoop(other, new TrainOptions { Threads = 1 }));
        Assert.Contains("another run file", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_leaves_the_one_before()
    {
        string target = Path.Combine(_folder, "step-000001");
        CheckpointFolders.Write(target, f => File.WriteAllText(Path.Combine(f, "a"), "old"));
        IOException fault = Assert.Throws<IOException>(() => CheckpointFolders.Write(target, _ => throw new IOException("No space left on device")));
        Assert.Contains("No space left", fault.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(Path.Combine(target, "a")));
        Assert.False(Directory.Exists(target + ".tmp"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static float[] Train(RunConfig run, int threads, InstructionSet? set = null)
    {
        using var loop = new TrainLoop(run, new TrainOptions { Threads = threads, Plots = false, InstructionSet = set });
        Assert.True(loop.Run(TestContext.Current.CancellationToken).Completed);
        return [.. loop.Decoder.Parameters.SelectMany(w => w.ToArray())];
    }

    private static string[] Losses(string file) => [.. File.ReadLines(file).Select(line =>
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return string.Join(' ', document.RootElement.EnumerateObject().Where(p => !p.Name.StartsWith("tokens_per", StringComparison.Ordinal) && p.Name is not ("utilisation" or "core_hours")));
    })];

    private RunConfig Config(string output, double rate = 0.01)
    {
        string text = Path.Combine(_folder, "text.txt");
        string chat = Path.Combine(_folder, "chat.jsonl");
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 150).Select(i => $"{i} plus {i % 7} is {i + (i % 7)}. ")));
        File.WriteAllLines(chat, Enumerable.Range(0, 40).Select(i =>
            $$"""{"messages":[{"role":"user","content":"{{i}}+1?"},{"role":"assistant","content":"{{i + 1}}","reasoning_content":"one more"}]}"""));
        string file = Path.Combine(_folder, "run.json");
        File.WriteAllText(file, $$"""
            {
              "name": "tiny", "seed": 5, "output": "OUTPUT", "sequence_length": 48, "micro_batch_tokens": 100, "recompute": false,
              "model": { "config": {{TinyModel.Json}} },
              "optimizer": { "weight_decay": 0.1, "clip": 1 },
              "balance": { "bias_update_speed": 0.001, "sequence_alpha": 0.0001 },
              "evaluation": { "every": 4, "tokens": 200, "keep_best": true },
              "checkpoints": { "every": 4, "keep": 2, "export": "f32" },
              "stages": [
                { "name": "pretrain", "data": { "kind": "text", "files": ["text.txt"], "held_out": 0.1 }, "steps": 12, "step_tokens": 192,
                  "learning_rate": {{rate}}, "schedule": { "kind": "cosine", "warmup": 2, "min_ratio": 0.1 }, "mtp": { "lambda": 0.3, "late_lambda": 0.1, "late_from": 0.5 } },
                { "name": "sft", "data": { "kind": "jsonl", "files": ["chat.jsonl"], "held_out": 0.1 }, "steps": 6, "step_tokens": 192,
                  "learning_rate": 0.003, "schedule": { "kind": "constant" } }
              ]
            }
            """);
        return RunConfigReader.Read(file) with { Output = Path.Combine(_folder, output) };
    }
}
