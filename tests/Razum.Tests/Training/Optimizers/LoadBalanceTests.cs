using System.Text.Json;
using Razum.Tensors;
using Razum.Training.Optimizers;

namespace Razum.Tests.Training.Optimizers;

/// <summary>The bias update and MaxVio against the reference.</summary>
public sealed class LoadBalanceTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases =>
        Goldens.Cases("train/losses").Where(c => Path.GetFileName(c).StartsWith("load_balance", StringComparison.Ordinal)).Select(c => new TheoryDataRow<string>(c));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bias_moves_as_the_reference_s(string folder)
    {
        using JsonDocument description = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        Dictionary<string, GoldenTensor> inputs = GoldenTensors.Read(Path.Combine(folder, "inputs.safetensors"));
        Dictionary<string, GoldenTensor> expected = GoldenTensors.Read(Path.Combine(folder, "expected.safetensors"));
        double tolerance = description.RootElement.GetProperty("tolerance").GetProperty("bias_next").GetProperty("atol").GetDouble();
        using var bias = Weight.Create("bias", 1, inputs["bias"].Values.Length, isVector: true);
        inputs["bias"].ToFloats().CopyTo(bias.AsSpan());
        LoadBalance.Update(
            bias,
            Array.ConvertAll(expected["load"].Values, v => (long)v),
            description.RootElement.GetProperty("settings").GetProperty("gamma").GetDouble());
        double worst = bias.ToArray().Select((b, i) => Math.Abs(b - expected["bias_next"].Values[i])).Max();
        Goldens.Report(Path.GetFileName(folder), "bias_next", worst, tolerance);
        Assert.True(worst <= tolerance, $"{worst} > {tolerance}");
    }

    [Theory]
    [InlineData(new long[] { 0, 0, 0 }, 0)]
    [InlineData(new long[] { 5, 5 }, 0)]
    [InlineData(new long[] { 9, 3, 0 }, 1.25)]
    public void Max_violation_is_the_excess_over_the_mean(long[] loads, double expected) => Assert.Equal(expected, LoadBalance.MaxViolation(loads));
}
