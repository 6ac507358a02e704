using System.Text.Json;
using Razum.Training.Loop;
using Razum.Training.Runs;

namespace Razum.Tests.Training.Loop;

/// <summary>
/// Reinforcement with truncated draws and replayed routing: sampler and trainer still agree in every bit, replaying changes nothing where nothing has moved, and
/// an interrupted run ends with the same bits.
/// </summary>
public sealed class RecordedRolloutTests : IDisposable
{
    private const string Truncated = """ "top_p": 0.9, "top_k": 5, """;
    private const string Replay = """ "replay_routing": true, """;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("f32", 1, 1, """ "top_p": 0.9, """)]
    [InlineData("f32", 3, 2, """ "top_k": 5, "replay_routing": true, """)]
    [InlineData("bf16", 1, 2, """ "top_p": 0.9, "top_k": 5, """)]
    [InlineData("bf16", 3, 1, """ "top_p": 0.9, "min_p": 0.01, "replay_routing": true, """)]
    public void Sampler_and_trainer_agree_over_the_tokens_that_were_left(string arithmetic, int minibatches, int threads, string sampling)
    {
        string more = $"\"arithmetic\": \"{arithmetic}\", {(minibatches == 3 ? "\"recompute\": true," : "")}";
        List<TrainProgress> steps = Train("run", minibatches, sampling, threads, more: more);
        foreach (PolicyProgress step in steps.Select(s => s.Policy!))
        {
            Assert.True(step.Compared > 0);
            Assert.Equal(0, step.Mismatch);
            Assert.Equal(minibatches > 1, step.RoutingChanged is not null);
        }

        Assert.Contains(steps, s => s.Policy!.StepKl != 0);
        foreach (JsonElement sample in File.ReadLines(Path.Combine(_folder.File("run"), "samples.jsonl")).Select(l => JsonDocument.Parse(l).RootElement))
        {
            double size = sample.GetProperty("mean_set_size").GetDouble();
            Assert.True(sampling.Contains("top_k", StringComparison.Ordinal) ? size is >= 1 and <= 5 : size is > 1 and < 266, $"{size}");
        }
    }

    [Fact]
    public void What_is_left_decides_the_entropy_and_all_tokens_are_as_none_left_out()
    {
        Dictionary<string, double> whole = Figures("whole", ""), all = Figures("all", """ "top_k": 266, """), few = Figures("few", """ "top_k": 5, """);
        Assert.Equal(whole, all);
        Assert.InRange(few["entropy"], 0, Math.Log(5));
        Assert.True(whole["entropy"] > 2 * Math.Log(5)); // a random model over 266 tokens
        Assert.Equal(1, few["ratio_mean"]);
        Assert.Equal(1, few["ratio_max"]);

        Dictionary<string, double> Figures(string name, string sampling) =>
            Train(name, 1, sampling, 1, steps: 1)[0].Policy!.Objective!.Values.ToDictionary(v => v.Name, v => v.Value);
    }

    [Fact]
    public void Replaying_changes_nothing_before_the_router_has_moved_and_something_after()
    {
        float[] once = Weights("once", 1, Truncated), again = Weights("again", 1, Truncated + Replay);
        Assert.Equal(once, again); // every update is the first of its step
        List<TrainProgress> chosen = [], replayed = [];
        float[] several = Weights("several", 3, Truncated, chosen), kept = Weights("kept", 3, Truncated + Replay, replayed);
        Assert.NotEqual(several, kept);
        Assert.Contains(chosen, s => s.Policy!.RoutingChanged > 0);
        Assert.Contains(replayed, s => s.Policy!.RoutingChanged > 0);
        Assert.All(chosen.Concat(replayed), s => Assert.Equal(0, s.Policy!.Mismatch));
        string last = File.ReadLines(Path.Combine(_folder.File("kept"), "metrics.jsonl")).Last();
        Assert.True(JsonDocument.Parse(last).RootElement.TryGetProperty("routing_changed", out _), last);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_killed_run_ends_with_the_same_bits(int killedAt)
    {
        float[] whole = Weights("once", 3, Truncated + Replay);
        RunConfig run = Run("killed", 3, Truncated + Replay);
        using (var loop = new TrainLoop(run, new TrainOptions { Threads = 1, Plots = false, Progress = p => Die(p.Step) }))
        {
            Assert.Throws<TimeoutException>(() => loop.Run(TestContext.Current.CancellationToken));
        }

        Assert.Equal(whole, Weights("killed", 3, Truncated + Replay));
        Assert.Equal(Lines("once"), Lines("killed"));

        void Die(int step)
        {
            if (step == killedAt)
            {
                throw new TimeoutException("killed");
            }
        }

        string[] Lines(string name) => File.ReadAllLines(Path.Combine(_folder.File(name), "samples.jsonl"));
    }

    [Theory]
    [InlineData(""" "top_p": 0, """, "reinforcement.top_p: expected a number of 0.001 to 1, found 0")]
    [InlineData(""" "top_p": 1.5, """, "reinforcement.top_p")]
    [InlineData(""" "top_k": -1, """, "reinforcement.top_k")]
    [InlineData(""" "min_p": 2, """, "reinforcement.min_p")]
    [InlineData(""" "replay_routing": 1, """, "reinforcement.replay_routing: expected true or false")]
    [InlineData(Replay, "replay_routing: the model has no experts", TinyQwen.Config)]
    public void What_makes_no_sense_is_refused_in_one_line(string sampling, string expected, string config = TinyModel.Json)
    {
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => Train("run", 1, sampling, 1, config: config));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    public void Dispose() => _folder.Dispose();

    private List<TrainProgress> Train(string name, int minibatches, string sampling, int threads, int steps = 3, string more = "", string config = TinyModel.Json)
    {
        List<TrainProgress> seen = [];
        using var loop = new TrainLoop(Run(name, minibatches, sampling, steps, more, config), new TrainOptions { Threads = threads, Plots = false, Progress = seen.Add });
        TrainResult result = loop.Run(TestContext.Current.CancellationToken);
        Assert.True(result.Completed, result.Stopped);
        return seen;
    }

    private float[] Weights(string name, int minibatches, string sampling, List<TrainProgress>? seen = null)
    {
        using var loop = new TrainLoop(Run(name, minibatches, sampling), new TrainOptions { Threads = 2, Plots = false, Progress = p => seen?.Add(p) });
        TrainResult result = loop.Run(TestContext.Current.CancellationToken);
        Assert.True(result.Completed, result.Stopped);
        return [.. loop.Decoder.Parameters.SelectMany(w => w.ToArray())];
    }

    /// <summary>Rewards answers that do not repeat themselves: a random model's differ.</summary>
    private RunConfig Run(string name, int minibatches, string sampling, int steps = 4, string more = "", string config = TinyModel.Json)
    {
        File.WriteAllText(_folder.File(name + ".json"), $$"""
            {
              "name": "tiny", "seed": 5, "output": "{{name}}", "sequence_length": 96, "micro_batch_tokens": 300, {{more}}
              "model": { "config": {{config}} },
              "optimizer": { "weight_decay": 0, "clip": 1 },
              "checkpoints": { "every": 2, "keep": 2 },
              "stages": [
                { "name": "grpo", "steps": {{steps}}, "learning_rate": 0.01, "schedule": { "kind": "constant" },
                  "reinforcement": {
                    "prompts": 3, "samples": 4, "max_tokens": 12, "minibatches": {{minibatches}}, "concurrent": 12, "evaluate_prompts": 4, {{sampling}}
                    "objective": { "preset": "r1", "temperature": 0.9, "entropy_coef": 0.01 }, "families": { "gcd": 1 },
                    "reward": [ { "verifier": "task" }, { "verifier": "repetition", "n": 1, "unit": "characters" } ] } } ]
            }
            """);
        return RunConfigReader.Read(_folder.File(name + ".json"));
    }
}
