using System.Text.Json;
using Razum.Training.Objectives;
using Razum.Training.Runs;

namespace Razum.Tests.Training.Objectives;

/// <summary>Every variant of the policy loss against the reference's value, gradient by logits and metrics; and that cutting an update changes nothing.</summary>
[Trait("golden", "yes")]
public sealed class PolicyLossTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenLosses.Cases("rl_");

    /// <summary>
    /// All presets, and corrections and terms that no preset has; but for CISPO, whose gradient is not its value's derivative: the weight has none by design.
    /// </summary>
    public static TheoryData<string, string> Variants
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string name in PolicySettings.Presets.Keys.Where(n => n != "cispo"))
            {
                data.Add(name, "");
            }

            foreach (string more in (string[])["\"tis\": \"token_truncate\", \"tis_cap\": 1.1", "\"tis\": \"sequence_truncate\", \"tis_cap\": 1.1",
                "\"tis\": \"token_mask\", \"tis_cap\": 1.25, \"tis_min\": 0.9", "\"level\": \"sequence_sum\"", "\"kl\": \"k1\"", "\"entropy_coef\": 0.1"])
            {
                data.Add("grpo", more);
            }

            data.Add("gspo", "\"kl\": \"k3_unbiased\", \"beta\": 0.3, \"normalise\": \"sequence_sum_mean\", \"off_policy_delta\": 0.02");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equals_the_reference(string folder)
    {
        var golden = new GoldenLosses(folder);
        var test = new PolicyCase(golden);
        foreach (JsonProperty variant in golden.Expected.EnumerateObject())
        {
            PolicySettings settings = Read(variant.Value.GetProperty("settings").GetRawText());
            Compare(golden, test, variant.Name, variant.Value, settings, [0, test.Sequences]);
            Compare(golden, test, variant.Name, variant.Value, settings, [0, 1, 3, test.Sequences]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Advantages_equal_the_reference_s(string folder)
    {
        var golden = new GoldenLosses(folder);
        var test = new PolicyCase(golden);
        foreach (AdvantageKind kind in Enum.GetValues<AdvantageKind>())
        {
            golden.Check("advantage." + JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()), test.AdvantagesOf(kind));
        }
    }

    [Fact]
    public void Advantages_without_variance_are_exactly_zero()
    {
        double[] rewards = [0.1, 0.1, 0.1, 0.7];
        double[] advantages = new double[4];
        foreach (AdvantageKind kind in Enum.GetValues<AdvantageKind>().Except([AdvantageKind.ReinforcePpOpenrlhf, AdvantageKind.ReinforcePpVerl]))
        {
            Advantages.Compute(kind, rewards, [4, 4, 4, 9], [], advantages); // 0.1 + 0.1 + 0.1 is not 0.3; a group of one has no others
            Assert.Equal([0, 0, 0, 0], advantages);
        }

        bool[] zeroVariance = new bool[4];
        Advantages.FindZeroVariance(rewards, [4, 4, 5, 5], zeroVariance);
        Assert.Equal([true, true, false, false], zeroVariance);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Gradient_is_the_derivative(string preset, string more)
    {
        string text = $$"""{"preset": "{{preset}}"{{(more.Length > 0 ? ", " : "")}}{{more}}}""";
        PolicySettings settings = Read(text, maxLength: 9);
        PolicyBatch batch = RandomBatch(settings);
        double[] logProbs = new double[batch.Tokens];
        double[] entropies = new double[batch.Tokens];
        double loss = PolicyLoss.Evaluate(settings, batch, logProbs, entropies, new PolicyMetrics(settings));
        Assert.NotEqual(0, loss);
        for (int t = 0; t < batch.Tokens; t++)
        {
            Assert.Equal(Derivative(batch.LogProbs, t), logProbs[t], 1e-7);
            Assert.Equal(Derivative(batch.Entropies, t), entropies[t], 1e-7);
        }

        double Derivative(Span<double> values, int t)
        {
            const double Step = 1e-5;
            double kept = values[t];
            values[t] = kept + Step;
            double up = Loss();
            values[t] = kept - Step;
            double down = Loss();
            values[t] = kept;
            return (up - down) / (2 * Step);
        }

        double Loss() => PolicyLoss.Evaluate(settings, batch, new double[batch.Tokens], new double[batch.Tokens], new PolicyMetrics(settings));
    }

    [Fact]
    public void Nothing_is_allocated_and_buffers_are_used_again()
    {
        PolicySettings settings = PolicySettings.Preset("grpo") with { EntropyCoef = 0.1 };
        PolicyBatch batch = RandomBatch(settings);
        double[] gradient = new double[batch.Tokens];
        double[] entropies = new double[batch.Tokens];
        var metrics = new PolicyMetrics(settings);
        double first = PolicyLoss.Evaluate(settings, batch, gradient, entropies, metrics);
        long least = long.MaxValue;
        for (int window = 0; window < 3; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            double again = PolicyLoss.Evaluate(settings, batch, gradient, entropies, metrics);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(first, again);
        }

        Assert.Equal(0, least);
        batch.Clear();
        batch.Add(3, 1);
        Assert.Equal([true, true, true], batch.Live.ToArray());
        Assert.Equal((3, 1, false), (batch.Tokens, batch.Sequences, batch.HasReference));
    }

    [Fact]
    public void What_the_settings_need_must_be_there()
    {
        PolicySettings settings = PolicySettings.Preset("grpo") with { EntropyCoef = 1, Tis = MismatchCorrection.TokenTruncate };
        PolicyBatch batch = RandomBatch(settings);
        double[] gradient = new double[batch.Tokens];
        Evaluate();
        batch.HasReference = false;
        Assert.Throws<ArgumentException>(Evaluate);
        (batch.HasReference, batch.HasRollout) = (true, false);
        Assert.Throws<ArgumentException>(Evaluate);
        (batch.HasRollout, batch.HasEntropies) = (true, false);
        Assert.Throws<ArgumentException>(Evaluate);
        (batch.HasEntropies, batch.UpdateSequences) = (true, 0);
        Assert.Throws<ArgumentException>(Evaluate);
        batch.IsWholeUpdate(settings);
        Assert.Throws<ArgumentException>(() => PolicyLoss.Evaluate(settings, batch, new double[1], gradient, new PolicyMetrics(settings)));
        Assert.Throws<ArgumentException>(() => PolicyLoss.Evaluate(PolicySettings.Preset("dr_grpo"), batch, gradient, gradient, new PolicyMetrics(settings)));

        void Evaluate() => PolicyLoss.Evaluate(settings, batch, gradient, new double[batch.Tokens], new PolicyMetrics(settings));
    }

    internal static PolicySettings Read(string json, int maxLength = 0)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return PolicySettingsReader.Read(new RunFields("run.json", "objective.", document.RootElement), maxLength);
    }

    private static void Compare(GoldenLosses golden, PolicyCase test, string name, JsonElement expected, PolicySettings settings, int[] cuts)
    {
        var metrics = new PolicyMetrics(settings);
        double[] gradient = new double[golden.Outputs[name + ".grad"].Values.Length];
        double loss = 0;
        for (int i = 0; i + 1 < cuts.Length; i++)
        {
            PolicyBatch batch = test.Batch(settings, cuts[i], cuts[i + 1]);
            double[] logProbs = new double[batch.Tokens];
            double[] entropies = new double[batch.Tokens];
            loss += PolicyLoss.Evaluate(settings, batch, logProbs, entropies, metrics);
            test.AddLogitGradient(settings, cuts[i], cuts[i + 1], logProbs, entropies, gradient);
        }

        golden.Check(name + ".loss", loss, expected.GetProperty("loss").GetDouble());
        golden.Check(name + ".grad", gradient);
        JsonProperty[] wanted = [.. expected.GetProperty("metrics").EnumerateObject()];
        Dictionary<string, double> actual = metrics.Values.ToDictionary(v => v.Name, v => v.Value);
        Assert.Equal(wanted.Select(w => w.Name).Order(), actual.Keys.Order());
        double[] sizes = [.. wanted.Select(w => Math.Max(1, Math.Abs(w.Value.GetDouble())))];
        golden.Check(
            name + ".metrics",
            [.. wanted.Select((w, i) => actual[w.Name] / sizes[i])],
            [.. wanted.Select((w, i) => w.Value.GetDouble() / sizes[i])],
            golden.Tolerance(name + ".metrics", "tolerance"));
    }

    /// <summary>Completions of several lengths, one empty; ratios on both sides of the bounds, tokens that are not live.</summary>
    private static PolicyBatch RandomBatch(PolicySettings settings)
    {
        var random = new Random(5);
        var batch = new PolicyBatch();
        foreach (int length in (int[])[5, 0, 7, 1, 4])
        {
            int at = batch.Add(length, random.NextDouble() - 0.5, truncated: length == 4, zeroVariance: length == 1);
            for (int t = at; t < at + length; t++)
            {
                batch.LogProbs[t] = -3 * random.NextDouble();
                batch.OldLogProbs[t] = batch.LogProbs[t] + (0.7 * (random.NextDouble() - 0.5));
                batch.ReferenceLogProbs[t] = batch.LogProbs[t] + random.NextDouble() - 0.5;
                batch.RolloutLogProbs[t] = batch.OldLogProbs[t] + (0.3 * (random.NextDouble() - 0.5));
                batch.Entropies[t] = random.NextDouble();
                batch.Live[t] = t % 6 != 2;
            }
        }

        (batch.HasReference, batch.HasRollout, batch.HasEntropies) = (true, true, true);
        batch.IsWholeUpdate(settings);
        return batch;
    }
}
