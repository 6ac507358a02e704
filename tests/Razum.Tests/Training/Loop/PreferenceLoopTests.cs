using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Razum.Models;
using Razum.Tensors.Checkpoints;
using Razum.Training.Loop;
using Razum.Training.Objectives;
using Razum.Training.Runs;

namespace Razum.Tests.Training.Loop;

/// <summary>Stages that learn from pairs: nothing moves without learning, pairs are learned, interruption changes nothing, faults are one line.</summary>
public sealed class PreferenceLoopTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>All kinds, so that a new one is tested by being there.</summary>
    public static TheoryData<PreferenceKind> Kinds => [.. Enum.GetValues<PreferenceKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Without_learning_the_margin_is_exactly_0(PreferenceKind kind)
    {
        string loss = $$"""{ "kind": "{{JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString())}}", "beta": 0.3 }""";
        foreach (string more in (string[])["", """ "arithmetic": "bf16", """, """ "recompute": true, """])
        {
            foreach (TrainProgress step in Train(Run("still", loss, rate: 0, steps: 2, more: more)))
            {
                Assert.Equal((0, 0, 0), (step.Preference!.Margin, step.Preference.Accuracy, step.Preference.ReferenceKl));
                Assert.True(step.Preference.ChosenLogProb < 0 && step.GradientNorm > 0);
                double expected = kind switch { PreferenceKind.Hinge => 1, PreferenceKind.Ipo => 1 / (0.6 * 0.6), _ => Math.Log(2) };
                Assert.Equal(expected, step.Loss, kind is PreferenceKind.Sigmoid ? 0 : 1e-12);
            }

            Directory.Delete(_folder.File("still"), recursive: true);
        }
    }

    [Fact]
    public void One_pair_is_learned_and_all_of_it_reported()
    {
        RunConfig run = Run("one", """{ "nll": 0.1 }""", rate: 0.01, steps: 20, pairs: 1, rows: 1, heldOut: 0);
        List<TrainProgress> steps = Train(run);
        PreferenceMetrics last = steps[^1].Preference!;
        Assert.True(last.Margin > 1 && last.Accuracy == 1 && last.ChosenReward > 0 && last.RejectedReward < 0, $"{last.Margin}");
        Assert.True(steps[^1].Loss < steps[0].Loss / 2);
        Assert.True(steps[^1].Cost.Flops > 0 && steps[^1].Tokens > 0);
        string[] lines = File.ReadAllLines(Path.Combine(run.Output, "metrics.jsonl"));
        using JsonDocument line = JsonDocument.Parse(lines[^1]);
        foreach (string name in (string[])["loss", "reward_chosen", "reward_rejected", "margin", "accuracy", "logps_chosen", "logps_rejected", "kl_reference"])
        {
            Assert.True(line.RootElement.TryGetProperty("preference." + name, out _), name);
        }

        Assert.Equal(last.Margin, line.RootElement.GetProperty("preference.margin").GetDouble());
        Assert.True(File.Exists(Path.Combine(run.Output, "plots", "margin.png")));
    }

    [Fact]
    public void What_pairs_have_in_common_is_learned_for_held_out_ones()
    {
        RunConfig run = Run("common", "{}", rate: 0.003, steps: 30, evaluation: true);
        List<TrainProgress> steps = Train(run);
        HeldOut before = steps[1].HeldOut!, after = steps[^1].HeldOut!;
        Assert.True(after.Loss < before.Loss && after.Margin > before.Margin && after.Accuracy >= 0.9, $"{before} {after}");
        Assert.Equal(-after.Loss, after.Score);
        Assert.True(Directory.Exists(Path.Combine(run.Output, "best")));
    }

    [Theory]
    [InlineData(1, "{}")]
    [InlineData(3, """{ "kind": "sigmoid_norm", "beta": 2 }""")]
    public void A_killed_run_ends_with_the_same_bits(int killedAt, string loss)
    {
        float[] whole = Weights(Run("once", loss, rate: 0.01, steps: 6), 2);
        RunConfig run = Run("killed", loss, rate: 0.01, steps: 6);
        Kill(run, killedAt);
        Assert.Equal(whole, Weights(run, 2));
    }

    [Fact]
    public void Without_a_reference_none_is_made()
    {
        RunConfig run = Run("free", """{ "kind": "sigmoid_norm", "beta": 2 }""", rate: 0.01, steps: 4, field: """ "reference_free": true, """);
        List<TrainProgress> steps = Train(run);
        Assert.NotEqual(0, steps[0].Preference!.Margin);
        Assert.True(steps[^1].Loss < steps[0].Loss);
        string folder = Directory.GetDirectories(run.Output, "step-*")[0];
        using var state = new SafetensorsFile(Path.Combine(folder, "training", "state.safetensors"));
        Assert.DoesNotContain(state.Tensors, t => t.Name.StartsWith("reference.", StringComparison.Ordinal));
    }

    [Fact]
    public void Adapters_learn_and_their_base_is_the_reference()
    {
        TinyQwen.Write(_folder.File("base"));
        const string Adapted = """ "lora": { "rank": 4, "alpha": 16, "targets": ["q_proj", "v_proj", "up_proj"] }, "model": { "checkpoint": "base", "quantize": "q8_0" }, """;
        RunConfig run = Run("adapters", "{}", rate: 0.01, steps: 6, model: Adapted);
        List<TrainProgress> steps = Train(run);
        Assert.Equal(0, steps[0].Preference!.Margin);
        Assert.Equal(Math.Log(2), steps[0].Loss);
        Assert.True(steps[^1].Preference!.Margin > 0.1, $"{steps[^1].Preference!.Margin}");
        byte[] whole = File.ReadAllBytes(Path.Combine(run.Output, "final", "adapter_model.safetensors"));
        run = Run("adapters-killed", "{}", rate: 0.01, steps: 6, model: Adapted);
        Kill(run, 3);
        Train(run);
        Assert.Equal(whole, File.ReadAllBytes(Path.Combine(run.Output, "final", "adapter_model.safetensors")));
    }

    [Fact]
    public void Long_pairs_are_left_out_and_counted()
    {
        List<string> notices = [];
        RunConfig run = Run("long", "{}", rate: 0, steps: 1);
        File.AppendAllText(_folder.File("pairs.jsonl"), Row("why?", new string('x', 90), "short") + "\n" + Row("why?", "short", new string('x', 90)) + "\n");
        using (new TrainLoop(run, new TrainOptions { Notice = notices.Add }))
        {
            Assert.Equal("stage dpo: 2 of 26 pairs are longer than sequence_length 64 and left out", Assert.Single(notices));
        }

        File.WriteAllText(_folder.File("pairs.jsonl"), Row("why?", new string('x', 90), "short"));
        Assert.Contains("pairs.jsonl: 0 pairs are too few; 1 are longer than sequence_length 64", Assert.Throws<InvalidDataException>(() => new TrainLoop(run, new TrainOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_breaks_down_stops()
    {
        RunConfig run = Run("broken", "{}", rate: 1e30, steps: 6);
        Assert.Contains("training broke down", Assert.Throws<InvalidDataException>(() => Train(run)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chosen_answers_that_become_unlikely_are_reported_once()
    {
        var watch = new PreferenceWatch(hasReference: true);
        List<string?> said = [.. Enumerable.Range(0, 40).Select(i => watch.Look(Metrics(-0.1 * i, -0.3 * i)))];
        string[] warnings = [.. said.OfType<string>()];
        Assert.Contains("less likely as well, by 0.20 nats a token, while the margin grows", warnings[0], StringComparison.Ordinal);
        Assert.InRange(warnings.Length, 2, 6);
        var well = new PreferenceWatch(hasReference: true);
        Assert.All(Enumerable.Range(0, 40), i => Assert.Null(well.Look(Metrics(0.05 * i, -0.3 * i))));
        var free = new PreferenceWatch(hasReference: false);
        Assert.All(Enumerable.Range(0, 40), _ => Assert.Null(free.Look(Metrics(-3, -4))));

        static PreferenceMetrics Metrics(double chosen, double rejected)
        {
            var metrics = new PreferenceMetrics();
            metrics.Add(new SequenceLogProb(10 * chosen, 0, 10), new SequenceLogProb(10 * rejected, 0, 10), 0.1);
            return metrics;
        }
    }

    [Theory]
    [InlineData("\"kind\": \"sigmoid\"", "\"kind\": \"sigmoid\", \"label_smoothing\": 0.1", "stages[0].preference.loss.label_smoothing: only conservative and robust")]
    [InlineData("\"kind\": \"sigmoid\"", "\"kind\": \"simpo\"", "stages[0].preference.loss.kind: expected one of sigmoid, hinge, ipo")]
    [InlineData("\"kind\": \"sigmoid\"", "\"beta\": 0", "stages[0].preference.loss.beta")]
    [InlineData("\"pairs\": 4", "\"pear\": 4", "stages[0].preference.pairs: missing")]
    [InlineData("\"pairs\": 4", "\"pairs\": 4, \"pear\": 4", "stages[0].preference.pear: unknown field")]
    [InlineData("\"steps\": 6", "\"steps\": 6, \"data\": {}", "stages[0].data: unknown field")]
    [InlineData("\"micro_batch_tokens\": 200", "\"micro_batch_tokens\": 127", "micro_batch_tokens: a stage of preference computes two answers together")]
    [InlineData("\"held_out\": 0.1", "\"held_out\": 0.6", "stages[0].preference.held_out")]
    [InlineData("\"seed\": 5", "\"seed\": 5, \"evaluation\": { \"every\": 2, \"tokens\": 200 }", "set preference.held_out", 0)]
    [InlineData("pairs.jsonl", "none.jsonl", "none.jsonl: no such file")]
    public void What_makes_no_sense_is_refused_in_one_line(string from, string to, string expected, double heldOut = 0.1)
    {
        string path = Write("run", """{ "kind": "sigmoid" }""", 0.01, 6, heldOut: heldOut);
        string text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => new TrainLoop(RunConfigReader.Read(path), new TrainOptions()));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    public void Dispose() => _folder.Dispose();

    private static List<TrainProgress> Train(RunConfig run)
    {
        List<TrainProgress> steps = [];
        using var loop = new TrainLoop(run, new TrainOptions { Threads = 2, Plots = run.Output.EndsWith("one", StringComparison.Ordinal), Progress = steps.Add });
        Assert.True(loop.Run(TestContext.Current.CancellationToken).Completed);
        return steps;
    }

    private static float[] Weights(RunConfig run, int threads)
    {
        using var loop = new TrainLoop(run, new TrainOptions { Threads = threads, Plots = false });
        Assert.True(loop.Run(TestContext.Current.CancellationToken).Completed);
        return [.. loop.Decoder.Parameters.SelectMany(w => w.ToArray())];
    }

    private static void Kill(RunConfig run, int after)
    {
        using var loop = new TrainLoop(run, new TrainOptions { Threads = 1, Plots = false, Progress = p => Die(p.Step) });
        Assert.Throws<TimeoutException>(() => loop.Run(TestContext.Current.CancellationToken));

        void Die(int step)
        {
            if (step == after)
            {
                throw new TimeoutException("killed");
            }
        }
    }

    private static string Row(string prompt, string chosen, string rejected) =>
        new JsonObject { ["prompt"] = prompt, ["chosen"] = chosen, ["rejected"] = rejected }.ToJsonString();

    private RunConfig Run(
        string output, string loss, double rate, int steps, int pairs = 4, int rows = 24, double heldOut = 0.1, bool evaluation = false, string more = "", string field = "", string? model = null) =>
        RunConfigReader.Read(Write(output, loss, rate, steps, pairs, rows, heldOut, evaluation, more, field, model));

    /// <summary>Digits are preferred to letters: what pairs have in common.</summary>
    private string Write(
        string output, string loss, double rate, int steps, int pairs = 4, int rows = 24, double heldOut = 0.1, bool evaluation = false, string more = "", string field = "", string? model = null)
    {
        File.WriteAllLines(_folder.File("pairs.jsonl"), Enumerable.Range(0, rows).Select(i => Row($"{i} plus 3?", $"{i + 3}{i}", "abcdefg"[(i % 5)..])));
        File.WriteAllText(_folder.File("run.json"), string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "name": "tiny", "seed": 5, "output": "{{output}}", "sequence_length": 64, "micro_batch_tokens": 200, {{more}}
              {{model ?? $"\"model\": {{ \"config\": {TinyModel.Json} }},"}}
              "optimizer": { "weight_decay": 0, "clip": 1 }, "checkpoints": { "every": 2, "keep": 2 },
              {{(evaluation ? "\"evaluation\": { \"every\": 2, \"tokens\": 400 }," : "")}}
              "stages": [
                { "name": "dpo", "steps": {{steps}}, "learning_rate": {{rate:R}}, "schedule": { "kind": "constant" },
                  "preference": { "loss": {{loss}}, {{field}} "pairs": {{pairs}}, "files": ["pairs.jsonl"], "held_out": {{heldOut}} } }
              ]
            }
            """));
        return _folder.File("run.json");
    }
}
