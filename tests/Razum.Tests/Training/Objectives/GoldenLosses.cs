using System.Text.Json;

namespace Razum.Tests.Training.Objectives;

/// <summary>A case of train/losses: its tensors, what is expected, and how exact each output must be.</summary>
internal sealed class GoldenLosses
{
    private readonly JsonElement _tolerances;

    public GoldenLosses(string folder)
    {
        Name = Path.GetFileName(folder);
        Case = Json(Path.Combine(folder, "case.json"));
        Expected = Json(Path.Combine(folder, "expected.json"));
        _tolerances = Case.GetProperty("tolerance");
        Inputs = Tensors(Path.Combine(folder, "inputs.safetensors"));
        Outputs = Tensors(Path.Combine(folder, "expected.safetensors"));
    }

    public string Name { get; }

    public JsonElement Case { get; }

    public JsonElement Expected { get; }

    public Dictionary<string, GoldenTensor> Inputs { get; }

    public Dictionary<string, GoldenTensor> Outputs { get; }

    public static IEnumerable<TheoryDataRow<string>> Cases(string prefix) =>
        Goldens.Cases("train/losses").Where(c => Path.GetFileName(c).StartsWith(prefix, StringComparison.Ordinal)).Select(c => new TheoryDataRow<string>(c));

    public double Tolerance(string output, string field = "atol") =>
        (_tolerances.TryGetProperty(output, out JsonElement of) ? of : _tolerances.GetProperty("*")).GetProperty(field).GetDouble();

    /// <summary>Holds the values against an output tensor.</summary>
    public void Check(string output, IReadOnlyList<double> actual) => Check(output, actual, Outputs[output].Values, Tolerance(output));

    public void Check(string output, double actual, double expected) => Check(output, [actual], [expected], Tolerance(output));

    public void Check(string output, IReadOnlyList<double> actual, IReadOnlyList<double> expected, double tolerance)
    {
        Assert.Equal(expected.Count, actual.Count);
        double worst = 0;
        for (int i = 0; i < actual.Count; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        Goldens.Report(Name, output, worst, tolerance);
        Assert.True(worst <= tolerance, $"{Name} {output}: {worst} > {tolerance}");
    }

    private static JsonElement Json(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    private static Dictionary<string, GoldenTensor> Tensors(string path) => File.Exists(path) ? GoldenTensors.Read(path) : [];
}
