using System.Text.Json;
using Razum.Training.Objectives;

namespace Razum.Tests.Training.Objectives;

/// <summary>Losses from preferences against the reference: DPO and relatives, KTO, reward models.</summary>
[Trait("golden", "yes")]
public sealed class PreferenceLossTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenLosses.Cases("preference");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Direct_preferences(string folder)
    {
        var golden = new GoldenLosses(folder);
        SequenceLogProb[] answers = Answers(golden, "logits", "ids", "ref_logps");
        int pairs = answers.Length / 2;
        foreach (PreferenceKind kind in Enum.GetValues<PreferenceKind>())
        {
            string name = "dpo_" + JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
            var settings = new PreferenceSettings { Kind = kind, Beta = Setting(golden, "beta"), LabelSmoothing = Setting(golden, "label_smoothing") };
            var metrics = new PreferenceMetrics();
            double[] gradient = new double[answers.Length];
            double loss = 0;
            foreach ((int from, int to) in (ReadOnlySpan<(int, int)>)[(0, 1), (1, pairs)])
            {
                // Two micro-batches of one update.
                loss += PreferenceLoss.Evaluate(
                    settings, answers.AsSpan(from..to), answers.AsSpan(pairs + from, to - from), pairs, gradient.AsSpan(from..to), gradient.AsSpan(pairs + from, to - from), metrics);
            }

            Check(golden, name, loss, LogitGradient(golden, gradient), metrics.Values);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answers_without_pairs(string folder)
    {
        var golden = new GoldenLosses(folder);
        SequenceLogProb[] answers = Answers(golden, "logits", "ids", "ref_logps");
        bool[] desirable = [.. golden.Inputs["kto_label"].Values.Select(l => l != 0)];
        double point = KtoLoss.ReferencePoint(Answers(golden, "kl_logits", "kl_ids", "kl_ref_logps"));
        foreach ((string name, double undesirable) in new[] { ("kto", 1.0), ("kto_weighted", Setting(golden, "undesirable_weight of kto_weighted")) })
        {
            double[] gradient = new double[answers.Length];
            double loss = KtoLoss.Evaluate(Setting(golden, "beta"), 1, undesirable, answers, desirable, point, answers.Length, gradient);
            Check(golden, name, loss, LogitGradient(golden, gradient), [("kl", point)]);
        }

        Assert.Equal(0, KtoLoss.ReferencePoint([new SequenceLogProb(-5, -2, 3)]));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reward_models(string folder)
    {
        var golden = new GoldenLosses(folder);
        double[] scores = golden.Inputs["reward_scores"].Values;
        int pairs = scores.Length / 2;
        (double[] chosen, double[] rejected) = (scores[..pairs], scores[pairs..]);
        double[] margins = golden.Inputs["reward_margin"].Values;
        double accuracy = chosen.Zip(rejected, (a, b) => a > b ? 1.0 : 0).Average();
        double margin = chosen.Zip(rejected, (a, b) => a - b).Average();
        foreach ((string name, double[] of, double centre) in ((string, double[], double)[])[
            ("bradley_terry", [], 0), ("bradley_terry_margin", margins, 0), ("bradley_terry_centred", [], Setting(golden, "centre coefficient"))])
        {
            double[] gradient = new double[scores.Length];
            double loss = RewardModelLoss.Evaluate(centre, chosen, rejected, of, pairs, gradient.AsSpan(0, pairs), gradient.AsSpan(pairs));
            Check(golden, name, loss, gradient, [("accuracy", accuracy), ("margin", margin)]);
        }
    }

    [Fact]
    public void Extreme_differences_stay_finite()
    {
        double[] gradient = new double[2];
        foreach (PreferenceKind kind in Enum.GetValues<PreferenceKind>())
        {
            double loss = PreferenceLoss.Evaluate(
                new PreferenceSettings { Kind = kind, LabelSmoothing = 0.1 },
                [new(-1e5, 0, 9)],
                [new(0, -1e5, 9)],
                1,
                gradient.AsSpan(0, 1),
                gradient.AsSpan(1),
                new PreferenceMetrics());
            Assert.True(double.IsFinite(loss) && gradient.All(double.IsFinite), $"{kind}: {loss}");
        }
    }

    private static void Check(GoldenLosses golden, string name, double loss, double[] gradient, IEnumerable<(string Name, double Value)> metrics)
    {
        JsonElement expected = golden.Expected.GetProperty(name);
        golden.Check(name + ".loss", loss, expected.GetProperty("loss").GetDouble());
        golden.Check(name + ".grad", gradient);
        Dictionary<string, double> values = metrics.ToDictionary(m => m.Name, m => m.Value);
        foreach (JsonProperty metric in expected.GetProperty("metrics").EnumerateObject())
        {
            Assert.Equal(metric.Value.GetDouble(), values[metric.Name], 1e-9 * Math.Max(1, Math.Abs(metric.Value.GetDouble())));
        }
    }

    private static double Setting(GoldenLosses golden, string name) => golden.Case.GetProperty("settings").GetProperty(name).GetDouble();

    private static SequenceLogProb[] Answers(GoldenLosses golden, string logits, string ids, string reference) =>
        [.. Enumerable.Range(0, golden.Inputs[logits].Shape[0]).Select(b =>
        {
            int[] live = Live(golden, b);
            return new SequenceLogProb(
                live.Sum(t => LogProbs(golden.Inputs[logits], t)[(int)golden.Inputs[ids].Values[t]]),
                live.Sum(t => golden.Inputs[reference].Values[t]),
                live.Length);
        })];

    /// <summary>Every live token of an answer has its answer's gradient.</summary>
    private static double[] LogitGradient(GoldenLosses golden, double[] ofAnswer)
    {
        GoldenTensor logits = golden.Inputs["logits"];
        double[] gradient = new double[logits.Values.Length];
        for (int b = 0; b < ofAnswer.Length; b++)
        {
            foreach (int t in Live(golden, b))
            {
                LogitRows.Gradient(LogProbs(logits, t), (int)golden.Inputs["ids"].Values[t], ofAnswer[b]).CopyTo(gradient, t * logits.Shape[2]);
            }
        }

        return gradient;
    }

    private static int[] Live(GoldenLosses golden, int b)
    {
        GoldenTensor mask = golden.Inputs["mask"];
        return [.. Enumerable.Range(b * mask.Shape[1], mask.Shape[1]).Where(t => mask.Values[t] != 0)];
    }

    private static double[] LogProbs(GoldenTensor logits, int row) => LogitRows.LogSoftmax(logits.Values.AsSpan(row * logits.Shape[2], logits.Shape[2]));
}
