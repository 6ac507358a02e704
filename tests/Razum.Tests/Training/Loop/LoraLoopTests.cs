using System.Text.Json;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Training.Loop;
using Razum.Training.Runs;

namespace Razum.Tests.Training.Loop;

/// <summary>Runs that train adapters over a frozen base: they learn on every format, come back with the same bits, and leave the base as it is.</summary>
public sealed class LoraLoopTests : IDisposable
{
    /// <summary>Latent attention with experts: the adapters of its projections are used in the absorbed form too.</summary>
    private const string Latent = """["q_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj", "down_proj"]""";

    private const string Supervised = """
        { "name": "sft", "data": { "kind": "text", "files": ["text.txt"], "held_out": 0.1 }, "steps": 8, "step_tokens": 192,
          "learning_rate": 0.02, "schedule": { "kind": "constant" } }
        """;

    private const string Reinforcement = """
        { "name": "grpo", "steps": 5, "learning_rate": 0.02, "schedule": { "kind": "constant" },
          "reinforcement": { "prompts": 3, "samples": 4, "max_tokens": 12, "minibatches": 2, "concurrent": 12, "evaluate_prompts": 4,
            "objective": { "preset": "r1" }, "families": { "gcd": 1 },
            "reward": [ { "verifier": "task" }, { "verifier": "repetition", "n": 1, "unit": "characters" } ] } }
        """;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("")]
    [InlineData("q8_0")]
    [InlineData("q4_k")]
    public void Adapters_learn_over_the_base_as_published_and_quantised(string format)
    {
        byte[] before = WriteBase(TinyQwen.Config);
        double[] losses = [.. Train(Run("run", """["q_proj", "v_proj", "up_proj"]""", Supervised, format), out Decoder decoder).Select(s => s.Main!.Value)];
        Assert.True(losses[^1] < losses[0] - 0.1, $"{losses[0]} -> {losses[^1]}");
        WeightFormat expected = format.Length == 0 ? WeightFormat.BF16 : Enum.Parse<WeightFormat>(format, ignoreCase: true);
        Assert.Contains(decoder.Parameters, w => w.Format == expected);
        Assert.Equal(6, decoder.Adapters.Count);
        Assert.Equal(before, File.ReadAllBytes(BaseFile));
    }

    [Fact]
    public void Sampler_and_trainer_agree_and_the_reference_is_the_base()
    {
        WriteBase(TinyModel.Json);
        string once = Reinforcement.Replace("\"minibatches\": 2", "\"minibatches\": 1", StringComparison.Ordinal); // step 1 is then still at the reference
        foreach (string more in (string[])["", """ "arithmetic": "bf16", """, """ "recompute": true, """])
        {
            List<TrainProgress> steps = Train(Run("run", Latent, once, more: more), out Decoder decoder);
            Assert.All(steps, s => Assert.Equal(0, s.Policy!.Mismatch));
            Assert.All(steps, s => Assert.True(s.Policy!.Compared > 0));
            Assert.Equal(0, steps[0].Policy!.Objective!.ReferenceKl!.Value, 1e-6);
            Assert.True(steps[^1].Policy!.Objective!.ReferenceKl > 0);
            Assert.Contains(decoder.Adapters, p => p.B.ToArray().Any(v => v != 0));
            Directory.Delete(_folder.File("run"), recursive: true);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(11)]
    public void A_killed_run_ends_with_the_same_bits(int killedAt)
    {
        byte[] before = WriteBase(TinyModel.Json);
        string stages = Supervised + "," + Reinforcement;
        float[] whole = Weights(Run("once", Latent, stages, "q8_0"));
        RunConfig run = Run("killed", Latent, stages, "q8_0");
        using (var loop = new TrainLoop(run, new TrainOptions { Threads = 1, Plots = false, Progress = p => Die(p.Step) }))
        {
            Assert.Throws<TimeoutException>(() => loop.Run(TestContext.Current.CancellationToken));
        }

        Assert.Equal(whole, Weights(run));
        Assert.Equal(before, File.ReadAllBytes(BaseFile));
        string folder = Directory.GetDirectories(run.Output, "step-*")[0];
        using var state = new SafetensorsFile(Path.Combine(folder, "training", "state.safetensors"));
        Assert.All(state.Tensors, t => Assert.Contains(".lora_", t.Name, StringComparison.Ordinal)); // adapters and their moments, nothing of the base
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors", "training"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order());

        void Die(int step)
        {
            if (step == killedAt)
            {
                throw new TimeoutException("killed");
            }
        }
    }

    [Fact]
    public void The_published_adapter_and_the_merged_model_are_what_was_trained()
    {
        WriteBase(TinyQwen.Config);
        RunConfig run = Run("run", """["q_proj", "down_proj"], "merge": true""", Supervised);
        Train(run, out Decoder trained);
        ModelConfig config = ModelConfigReader.Read(_folder.File("base"));
        Decoder adapted = AdaptedDecoder.Load(config, new CheckpointParameters(new Checkpoint(_folder.File("base"))), Path.Combine(run.Output, "final"));
        Assert.Equal(Logits(trained), Logits(adapted));
        Decoder merged = new(config, new CheckpointParameters(new Checkpoint(Path.Combine(run.Output, "merged"))));
        float[] expected = Logits(adapted), base0 = Logits(adapted.WithoutAdapters()), found = Logits(merged);
        double Distance(float[] x) => x.Zip(expected).Max(p => Math.Abs(p.First - p.Second));
        Assert.True(Distance(found) < 0.05 * Distance(base0), $"{Distance(found)} of {Distance(base0)}"); // rounded to BF16
        using JsonDocument written = JsonDocument.Parse(File.ReadAllText(Path.Combine(run.Output, "final", "adapter_config.json")));
        Assert.Equal(["q_proj", "down_proj"], written.RootElement.GetProperty("target_modules").EnumerateArray().Select(t => t.GetString()));
    }

    [Theory]
    [InlineData("\"alpha\": 16", "\"alpha\": -1", "lora.alpha")]
    [InlineData("\"rank\": 4", "\"rank\": 0", "lora.rank")]
    [InlineData("\"q_proj\"", "\"w_proj\"", "no linear layer w_proj to adapt; it has down_proj, gate_proj")]
    [InlineData("\"micro_batch_tokens\": 100", "\"micro_batch_tokens\": 2000000000", "does not fit memory: about")]
    [InlineData("\"seed\": 5", "\"seed\": 5, \"balance\": { \"bias_update_speed\": 0.001 }", "balance: bias_update_speed")]
    [InlineData("\"step_tokens\": 192", "\"step_tokens\": 192, \"mtp\": { \"lambda\": 0.3 }", "stages[0].mtp")]
    [InlineData("\"minibatches\": 2", "\"reference_refresh\": 3", "stages[1].reinforcement.reference_refresh")]
    [InlineData("\"lora\": {", "\"lara\": {", "lara: unknown field")]
    [InlineData("\"checkpoint\": \"base\"", "\"checkpoint\": \"base\", \"quantize\": \"q9\"", "model.quantize")]
    [InlineData(", \"lora\": LORA", ", \"model\": { \"checkpoint\": \"base\", \"quantize\": \"q8_0\" }", "needs lora")]
    [InlineData("\"checkpoint\": \"base\"", "\"config\": CONFIG", "need a model.checkpoint")]
    public void What_makes_no_sense_is_refused_in_one_line(string from, string to, string expected)
    {
        WriteBase(TinyQwen.Config);
        string path = Write("run", """["q_proj"]""", Supervised + "," + Reinforcement);
        string text = File.ReadAllText(path);
        if (from.Contains("LORA", StringComparison.Ordinal))
        {
            text = text.Replace("\"model\": { \"checkpoint\": \"base\" },", "", StringComparison.Ordinal);
            from = text[text.IndexOf(", \"lora\"", StringComparison.Ordinal)..text.IndexOf(", \"evaluation\"", StringComparison.Ordinal)];
        }

        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to.Replace("CONFIG", TinyQwen.Config, StringComparison.Ordinal), StringComparison.Ordinal));
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => new TrainLoop(RunConfigReader.Read(path), new TrainOptions()));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    public void Dispose() => _folder.Dispose();

    private string BaseFile => Path.Combine(_folder.File("base"), "model.safetensors");

    private static List<TrainProgress> Train(RunConfig run, out Decoder decoder)
    {
        List<TrainProgress> steps = [];
        List<string> memory = [];
        var loop = new TrainLoop(run, new TrainOptions { Threads = 2, Plots = false, Progress = steps.Add, Memory = memory.Add }); // the decoder outlives this
        TrainResult result = loop.Run(TestContext.Current.CancellationToken);
        Assert.True(result.Completed, result.Stopped);
        Assert.StartsWith("base ", Assert.Single(memory), StringComparison.Ordinal);
        decoder = loop.Decoder;
        return steps;
    }

    private static float[] Weights(RunConfig run)
    {
        using var loop = new TrainLoop(run, new TrainOptions { Threads = 2, Plots = false });
        TrainResult result = loop.Run(TestContext.Current.CancellationToken);
        Assert.True(result.Completed, result.Stopped);
        return [.. loop.Decoder.Adapters.SelectMany(p => p.A.ToArray().Concat(p.B.ToArray()))];
    }

    private static float[] Logits(Decoder decoder)
    {
        using var ops = new CpuOps(1);
        var batch = new Batch();
        batch.Add([.. "7 plus 5 is 12"u8.ToArray().Select(b => (int)b)]);
        return decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray();
    }

    private byte[] WriteBase(string config)
    {
        TinyQwen.Write(_folder.File("base"), config);
        return File.ReadAllBytes(BaseFile);
    }

    private RunConfig Run(string output, string targets, string stages, string format = "", string more = "") =>
        RunConfigReader.Read(Write(output, targets, stages, format, more));

    private string Write(string output, string targets, string stages, string format = "", string more = "")
    {
        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Range(0, 150).Select(i => $"{i} plus {i % 7} is {i + (i % 7)}. ")));
        string quantize = format.Length == 0 ? "" : $", \"quantize\": \"{format}\"";
        File.WriteAllText(_folder.File("run.json"), $$"""
            {
              "name": "tiny", "seed": 5, "output": "OUTPUT", "sequence_length": 96, "micro_batch_tokens": 100, {{more}}
              "model": { "checkpoint": "base"{{quantize}} },
              "optimizer": { "weight_decay": 0, "clip": 1 }, "lora": { "rank": 4, "alpha": 16, "targets": {{targets}} }, "evaluation": { "every": 4, "tokens": 200 },
              "checkpoints": { "every": 4, "keep": 2 },
              "stages": [ {{stages}} ]
            }
            """.Replace("OUTPUT", output, StringComparison.Ordinal));
        return _folder.File("run.json");
    }
}
