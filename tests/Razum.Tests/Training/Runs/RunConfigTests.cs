using Razum.Tensors;
using Razum.Training.Objectives;
using Razum.Training.Optimizers;
using Razum.Training.Runs;
using Razum.Training.Schedules;

namespace Razum.Tests.Training.Runs;

/// <summary>What a run file may say, and that everything else is refused in one line that names the field.</summary>
public sealed class RunConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("razum-run-").FullName;

    [Fact]
    public void Fields_arrive()
    {
        RunConfig run = Read(Good);
        Assert.Equal(("tiny", 5, 64, 128), (run.Name, run.Seed, run.SequenceLength, run.MicroBatchTokens));
        Assert.Equal(Path.Combine(_folder, "out", "tiny"), run.Output);
        Assert.Equal(0.95, run.AdamW.Beta2);
        StageConfig stage = Assert.Single(run.Stages);
        Assert.Equal(new StableDecaySchedule(100, 20, 0, DecayShape.Sqrt) { Warmup = 10 }, stage.Schedule);
        Assert.Equal((0.3, 0.1), (stage.MtpLambdaAt(69), stage.MtpLambdaAt(70)));
        Assert.Equal(2, stage.Data!.Families["gcd"]);
    }

    [Theory]
    [InlineData("\"seed\": 5", "\"seed\": -5", "seed")]
    [InlineData("\"seed\": 5", "\"seed\": 5, \"sed\": 1", "sed: unknown field")]
    [InlineData("\"seed\": 5,", "", "seed: missing")]
    [InlineData("\"seed\": 5", "\"seed\": 5, \"arithmetic\": \"fp4\"", "arithmetic")]
    [InlineData("\"steps\": 100", "\"steps\": 0", "stages[0].steps")]
    [InlineData("\"steps\": 100", "\"steps\": \"many\"", "stages[0].steps")]
    [InlineData("\"wsd\"", "\"magic\"", "stages[0].schedule.kind")]
    [InlineData("\"decay\": 20", "\"decay\": 200", "stages[0].schedule.decay")]
    [InlineData("\"gcd\": 2", "\"gcd\": -2", "stages[0].data.families.gcd")]
    [InlineData("\"beta2\": 0.95", "\"beta2\": 1", "optimizer.beta2")]
    [InlineData("\"beta2\": 0.95", "\"beta3\": 0.95", "optimizer.beta3: unknown field")]
    [InlineData("\"sequence_length\": 64", "\"sequence_length\": 640", "sequence_length")]
    [InlineData("\"model_type\": \"deepseek_v3\"", "\"model_type\": \"parrot\"", "model_type")]
    [InlineData("\"name\": \"tiny\"", "\"name\": ", "not valid JSON")]
    [InlineData("\"late_from\": 0.7", "\"late_from\": 7", "stages[0].mtp.late_from")]
    public void Faults_are_named(string from, string to, string expected)
    {
        string text = Good.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(Good, text);
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => Read(text));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.Contains("run.json", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void A_stage_says_what_it_minimises()
    {
        const string Before = "\"steps\": 100";
        Assert.Equal(new SupervisedSettings(), Read(Good).Stages[0].Loss);
        Assert.Equal(
            new SupervisedSettings { Mean = LossMean.SequenceMean, Smoothing = 0.1, Z = 1e-4 },
            Loss("""{"mean": "sequence_mean", "smoothing": 0.1, "z": 1e-4}"""));
        Assert.Equal(
            new SupervisedSettings
            {
                Teacher = Path.Combine(_folder, "big"),
                Distillation = new DistillationSettings { Kind = DistillationKind.TopK, Temperature = 2, K = 5 },
            },
            Loss("""{"teacher": "big", "divergence": "top_k", "temperature": 2, "k": 5}"""));
        foreach (string wrong in (string[])["""{"mean": "median"}""", """{"smoothing": 1}""", """{"temperature": 2}""", """{"teacher": "big", "z": 1}"""])
        {
            Assert.Contains("stages[0].loss.", Assert.Throws<InvalidDataException>(() => Loss(wrong)).Message, StringComparison.Ordinal);
        }

        SupervisedSettings Loss(string json) => Read(Good.Replace(Before, $"{Before}, \"loss\": {json}", StringComparison.Ordinal)).Stages[0].Loss;
    }

    [Theory]
    [InlineData("\"amsgrad\": true", "AdamW")]
    [InlineData("\"kind\": \"muon\", \"momentum\": 0.9", "Muon")]
    [InlineData("\"kind\": \"sgd\", \"momentum\": 0.5, \"nesterov\": false", "Sgd")]
    [InlineData("\"kind\": \"nadam\", \"momentum_decay\": 0.01", "NAdam")]
    [InlineData("\"kind\": \"adafactor\", \"beta2_decay\": -0.7, \"clip\": 1", "Adafactor")]
    [InlineData("\"beta1\": 0.8 }, \"average\": { \"kind\": \"ema_corrected\", \"decay\": 0.9, \"after\": 5", "AveragedOptimizer")]
    public void Optimisers_are_chosen_by_name(string fields, string type)
    {
        RunConfig run = Read(Good.Replace("\"beta2\": 0.95", fields, StringComparison.Ordinal));
        using var ops = new CpuOps(1);
        using Weight weight = Weight.Create("w", 2, 3);
        using Optimizer optimizer = run.MakeOptimizer([weight], ops);
        Assert.Equal(type, optimizer.GetType().Name);
        Assert.Throws<InvalidDataException>(() => Read(Good.Replace("\"beta2\": 0.95", fields + ", \"speed\": 1", StringComparison.Ordinal)));
    }

    [Fact]
    public void Arithmetic_is_chosen_by_name()
    {
        Assert.Equal(Arithmetic.F32, Read(Good).Arithmetic);
        Assert.Equal(Arithmetic.BF16, Read(Good.Replace("\"seed\": 5", "\"seed\": 5, \"arithmetic\": \"bf16\"", StringComparison.Ordinal)).Arithmetic);
    }

    [Fact]
    public void Mixtures_columns_and_shares_of_worked_answers_arrive()
    {
        const string Data = "{ \"kind\": \"examples\", \"source\": \"nano\", \"families\": { \"gcd\": 2 }, \"loss\": \"answers\" }";
        DataConfig worked = Read(Good.Replace(Data, Data.Replace("\"nano\"", "\"nano\", \"worked\": 0.2, \"level\": 1"), StringComparison.Ordinal)).Stages[0].Data!;
        Assert.Equal((0.2, 1), (worked.Worked, worked.Level));
        DataConfig mixture = Read(Good.Replace(Data, """
            { "kind": "mixture", "loss": "all", "parts": [
              { "weight": 3, "kind": "examples", "source": "nano", "worked": 1 },
              { "weight": 1, "kind": "jsonl", "files": ["a.jsonl"], "columns": { "prompt": "question", "answer_after": "####" } } ] }
            """, StringComparison.Ordinal)).Stages[0].Data!;
        Assert.True(mixture.LearnsPrompts);
        Assert.Equal([3, 1], mixture.Parts.Select(p => p.Weight));
        Assert.Equal(("question", "####"), (mixture.Parts[1].Data.Columns.Prompt, mixture.Parts[1].Data.Columns.AnswerAfter));
        foreach ((string data, string expected) in new[]
        {
            ("{ \"kind\": \"mixture\", \"parts\": [] }", "data.parts"),
            ("{ \"kind\": \"mixture\", \"parts\": [{ \"weight\": 0, \"kind\": \"jsonl\", \"files\": [\"a\"] }] }", "parts[0].weight"),
            ("{ \"kind\": \"mixture\", \"parts\": [{ \"weight\": 1, \"kind\": \"text\", \"files\": [\"a\"] }] }", "parts[0].kind"),
            ("{ \"kind\": \"jsonl\", \"files\": [\"a\"], \"columns\": { \"promt\": \"q\" } }", "columns.promt: unknown field"),
            ("{ \"kind\": \"examples\", \"source\": \"nano\", \"worked\": 1.2 }", "data.worked"),
            ("{ \"kind\": \"jsonl\", \"files\": [\"a\"], \"worked\": 0.2 }", "data.worked: unknown field"),
        })
        {
            Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => Read(Good.Replace(Data, data, StringComparison.Ordinal))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("nowhere.json", Assert.Throws<InvalidDataException>(() => RunConfigReader.Read("nowhere.json")).Message, StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Good => $$"""
        {
          "name": "tiny", "seed": 5, "output": "out/tiny", "sequence_length": 64, "micro_batch_tokens": 128,
          "model": { "config": {{TinyModel.Json}} },
          "optimizer": { "beta2": 0.95 },
          "stages": [
            { "name": "sft", "data": { "kind": "examples", "source": "nano", "families": { "gcd": 2 }, "loss": "answers" },
              "steps": 100, "step_tokens": 128, "learning_rate": 1e-3,
              "schedule": { "kind": "wsd", "warmup": 10, "decay": 20, "shape": "sqrt" },
              "mtp": { "lambda": 0.3, "late_lambda": 0.1, "late_from": 0.7 } }
          ]
        }
        """;

    [Fact]
    public void Another_seed_is_another_run_with_paths_of_its_own()
    {
        string text = Good.Replace("out/tiny", "out/{seed}/tiny", StringComparison.Ordinal);
        (RunConfig own, RunConfig same, RunConfig other) = (Read(text), Read(text, 5), Read(text, 7));
        Assert.Equal(Path.Combine(_folder, "out", "5", "tiny"), own.Output);
        Assert.Equal((own.Output, own.Hash), (same.Output, same.Hash));
        Assert.Equal((7, Path.Combine(_folder, "out", "7", "tiny")), (other.Seed, other.Output));
        Assert.NotEqual(own.Hash, other.Hash);
    }

    private RunConfig Read(string text, int? seed = null)
    {
        string file = Path.Combine(_folder, "run.json");
        File.WriteAllText(file, text);
        return RunConfigReader.Read(file, seed);
    }
}
