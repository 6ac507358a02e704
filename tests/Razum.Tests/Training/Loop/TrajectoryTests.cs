using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tests.Models;
using Razum.Training.Data;
using Razum.Training.Loop;
using Razum.Training.Optimizers;

namespace Razum.Tests.Training.Loop;

/// <summary>
/// Training steps of the reference (<c>lm/*/train.json</c>): losses, gradient norms, expert loads, balancing biases and weights afterwards, with the very
/// objects that the train loop uses. One sequence per micro-batch and all in one must both meet the tolerance.
/// </summary>
public sealed partial class TrajectoryTests
{
    public static IEnumerable<TheoryDataRow<string, int>> Cases =>
        from name in LanguageModelCase.Names
        where File.Exists(Path.Combine(Goldens.Root, "lm", name, "train.json"))
        from micro in (int[])[1, 1 << 20]
        select new TheoryDataRow<string, int>(name, micro);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Steps_are_the_reference_s(string name, int microBatchTokens)
    {
        using LanguageModelCase golden = LanguageModelCase.Open(name);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(golden.Folder, "train.json")));
        JsonElement root = document.RootElement;
        Decoder decoder = golden.Load(trainable: true);
        using var ops = new CpuOps(2);
        using AdamW optimizer = MakeOptimizer(decoder, ops, root.GetProperty("optimizer"));
        using var step = new TrainStep(decoder, ops);
        JsonElement losses = root.GetProperty("losses");
        double lambda = losses.TryGetProperty("mtp_lambda", out JsonElement l) ? l.GetDouble() : 0;
        double alpha = losses.TryGetProperty("alpha", out JsonElement a) ? a.GetDouble() : 0;
        double gamma = losses.TryGetProperty("bias", out JsonElement b) ? Parse(Gamma(), b) : 0;
        int number = 0;
        foreach (JsonElement expected in root.GetProperty("steps").EnumerateArray())
        {
            step.Accumulate(ReadBatch(root.GetProperty("batches")[number]), microBatchTokens, lambda, alpha);
            double norm = optimizer.GradientNorm();
            optimizer.Update(root.GetProperty("optimizer").GetProperty("lr").GetDouble(), norm);
            StepTotals totals = step.Totals;
            foreach ((MixtureOfExperts mixture, long[] loads) in decoder.Mixtures.Zip(totals.Loads))
            {
                if (gamma > 0 && mixture.CorrectionBias is { } bias)
                {
                    LoadBalance.Update(bias, loads, gamma);
                }
            }

            Compare("main_loss", totals.Main);
            Compare("mtp_loss", totals.Mtp);
            Compare("balance_loss", totals.Balance);
            Compare("loss", totals.Main + (lambda * totals.Mtp) + totals.Balance);
            Compare("grad_norm_before_clip", norm);
            CompareLayers(expected, totals, decoder, name);
            number++;

            void Compare(string what, double actual)
            {
                if (expected.TryGetProperty(what, out JsonElement want))
                {
                    Within(name, $"train.{number}.{what}", Math.Abs(actual - want.GetDouble()), Tolerance(root, what));
                }
            }
        }

        using var after = new SafetensorsFile(Path.Combine(golden.Folder, root.GetProperty("after").GetProperty("file").GetString()!));
        Dictionary<string, Weight> weights = decoder.Parameters.ToDictionary(w => w.Name);
        foreach (string parameter in root.GetProperty("after").GetProperty("names").EnumerateArray().Select(n => n.GetString()!))
        {
            double worst = after.ReadFloats("after." + parameter).Zip(weights[parameter].ToArray(), (x, y) => Math.Abs((double)x - y)).Max();
            Within(name, "train.after." + parameter, worst, Tolerance(root, "after"));
        }
    }

    private static AdamW MakeOptimizer(Decoder decoder, CpuOps ops, JsonElement optimizer) => new(decoder.Parameters, ops.Pool, new AdamWSettings
    {
        Beta1 = optimizer.GetProperty("betas")[0].GetDouble(),
        Beta2 = optimizer.GetProperty("betas")[1].GetDouble(),
        Eps = optimizer.GetProperty("eps").GetDouble(),
        WeightDecay = optimizer.GetProperty("weight_decay").GetDouble(),
        ClipNorm = Parse(Clip(), optimizer.GetProperty("clip")),
    });

    private static TrainingSequence[] ReadBatch(JsonElement batch) => [.. batch.EnumerateArray().Select(ids =>
    {
        var sequence = new TrainingSequence();
        foreach (JsonElement id in ids.EnumerateArray())
        {
            sequence.Add(id.GetInt32(), isTarget: true);
        }

        return sequence;
    })];

    private static void CompareLayers(JsonElement expected, StepTotals totals, Decoder decoder, string name)
    {
        if (expected.TryGetProperty("loads", out JsonElement loads))
        {
            long[][] want = [.. InOrder(loads).Select(v => v.EnumerateArray().Select(x => x.GetInt64()).ToArray())];
            Assert.Equal(want, totals.Loads);
        }

        if (expected.TryGetProperty("bias_after", out JsonElement biases))
        {
            foreach ((JsonElement want, MixtureOfExperts mixture) in InOrder(biases).Zip(decoder.Mixtures))
            {
                double worst = want.EnumerateArray().Zip(mixture.CorrectionBias!.ToArray(), (x, y) => Math.Abs(x.GetDouble() - y)).Max();
                Within(name, "train.bias_after", worst, 1e-6);
            }
        }
    }

    private static IEnumerable<JsonElement> InOrder(JsonElement layers) =>
        layers.EnumerateObject().OrderBy(p => int.Parse(p.Name, CultureInfo.InvariantCulture)).Select(p => p.Value);

    private static double Tolerance(JsonElement root, string what) => root.GetProperty("tolerance").GetProperty(what).GetProperty("abs").GetDouble();

    private static void Within(string name, string what, double error, double tolerance)
    {
        Goldens.Report(name, what, error, tolerance);
        Assert.True(error <= tolerance, $"{name}: {what}: {error:g3} > {tolerance:g3}");
    }

    private static double Parse(Regex pattern, JsonElement text) =>
        double.Parse(pattern.Match(text.GetString()!).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"min\(1, ([\d.e-]+)/")]
    private static partial Regex Clip();

    [GeneratedRegex(@"\+= ([\d.e-]+) \* sign")]
    private static partial Regex Gamma();
}
