using System.Text.Json;
using Razum.Tensors;
using Razum.Training.Optimizers;

namespace Razum.Tests.Training.Optimizers;

/// <summary>Averages of weights against the reference.</summary>
[Trait("golden", "yes")]
public sealed class AveragedOptimizerTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases =>
        Goldens.Cases("train/optim").Where(c => Path.GetFileName(c).StartsWith("clip_ema", StringComparison.Ordinal)).Select(c => new TheoryDataRow<string>(c));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Averages_are_the_reference_s(string folder)
    {
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        using JsonDocument description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        GoldenTensor weights = GoldenTensors.Read(Path.Combine(folder, "inputs.safetensors"))["ema_weights"];
        Dictionary<string, GoldenTensor> outputs = GoldenTensors.Read(Path.Combine(folder, "expected.safetensors"));
        double decay = expected.RootElement.GetProperty("ema_decay").GetDouble();
        double tolerance = description.RootElement.GetProperty("tolerance").GetProperty("*").GetProperty("float32").GetDouble();
        foreach ((string output, AverageKind kind) in ((string, AverageKind)[])[("ema", AverageKind.Ema), ("ema_bias_corrected", AverageKind.EmaCorrected), ("swa", AverageKind.Mean)])
        {
            double worst = Worst(weights, outputs[output].Values, new AverageSettings { Kind = kind, Decay = decay });
            Goldens.Report(Path.GetFileName(folder), output, worst, tolerance);
            Assert.True(worst <= tolerance, $"{output}: {worst} > {tolerance}");
        }
    }

    [Fact]
    public void Exchanging_twice_changes_nothing_and_there_must_be_an_average()
    {
        using var ops = new CpuOps(1);
        using var weight = Weight.Create("w", 1, 2);
        using var optimizer = new AveragedOptimizer(new Sgd([weight], ops.Pool, new SgdSettings()), ops.Pool, new AverageSettings { After = 1, Decay = 0.5 });
        optimizer.Update(0, 0);
        Assert.Throws<InvalidOperationException>(optimizer.Exchange);
        foreach (float value in (float[])[2, 4])
        {
            weight.AsSpan().Fill(value);
            optimizer.Update(0, 0);
        }

        int version = weight.Version;
        optimizer.Exchange();
        Assert.Equal([3f, 3f], weight.ToArray());
        Assert.NotEqual(version, weight.Version);
        optimizer.Exchange();
        Assert.Equal([4f, 4f], weight.ToArray());
    }

    /// <summary>Updates at rate 0 leave the weights as they are put.</summary>
    private static double Worst(GoldenTensor weights, double[] want, AverageSettings settings)
    {
        int count = weights.Shape[1];
        using var ops = new CpuOps(2);
        using var weight = Weight.Create("w", 1, count);
        using var optimizer = new AveragedOptimizer(new Sgd([weight], ops.Pool, new SgdSettings()), ops.Pool, settings);
        double worst = 0;
        for (int step = 0; step < weights.Shape[0]; step++)
        {
            weights.ToFloats().AsSpan(step * count, count).CopyTo(weight.AsSpan());
            optimizer.Update(0, 0);
            optimizer.Exchange();
            worst = Math.Max(worst, weight.ToArray().Select((v, i) => Math.Abs(v - want[(step * count) + i])).Max());
            optimizer.Exchange();
        }

        return worst;
    }
}
