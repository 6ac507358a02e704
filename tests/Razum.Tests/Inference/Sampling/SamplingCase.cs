using System.Globalization;
using System.Text;
using System.Text.Json;
using Razum.Inference.Sampling;

namespace Razum.Tests.Inference.Sampling;

/// <summary>One golden case of <c>train/sampling</c>: tolerances, expected rows, readers of their numbers ("-inf" is a string there), worst errors.</summary>
internal sealed class SamplingCase
{
    private readonly string _folder;
    private readonly SortedDictionary<string, (double Error, double Tolerance)> _worst = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _notCovered = new(StringComparer.Ordinal);

    public SamplingCase(string folder)
    {
        _folder = folder;
        Name = $"train/sampling/{Path.GetFileName(folder)}";
        Tolerance = Parse("case.json").GetProperty("tolerance");
        Expected = Parse("expected.json");
    }

    public string Name { get; }

    public JsonElement Tolerance { get; }

    public JsonElement Expected { get; }

    public static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? Number(value.GetString()!) : value.GetDouble();

    public static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(Number)];

    public static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(x => (float)Number(x))];

    public static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(x => x.GetInt32())];

    public static Dictionary<int, double> Bias(JsonElement map) =>
        map.EnumerateObject().ToDictionary(p => int.Parse(p.Name, CultureInfo.InvariantCulture), p => Number(p.Value));

    /// <summary>The F32 vectors of a safetensors file beside the case.</summary>
    public Dictionary<string, float[]> Vectors(string file)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(_folder, file));
        int header = checked((int)BitConverter.ToUInt64(bytes));
        using JsonDocument names = JsonDocument.Parse(Encoding.UTF8.GetString(bytes, 8, header));
        Dictionary<string, float[]> vectors = [];
        foreach (JsonProperty tensor in names.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__"))
        {
            Assert.Equal("F32", tensor.Value.GetProperty("dtype").GetString());
            int[] range = Ids(tensor.Value.GetProperty("data_offsets"));
            float[] values = new float[(range[1] - range[0]) / sizeof(float)];
            Buffer.BlockCopy(bytes, 8 + header + range[0], values, 0, range[1] - range[0]);
            vectors.Add(tensor.Name, values);
        }

        return vectors;
    }

    /// <summary>Compares the probabilities of the candidates left, in ascending order of id.</summary>
    public void CheckProbabilities(string output, JsonElement expected, Candidates candidates)
    {
        double[] weights = candidates.Weights.ToArray();
        double tolerance = Tolerance.GetProperty("probs").GetProperty("atol").GetDouble(), total = weights.Sum();
        Check(output, Numbers(expected), [.. weights.Select(w => w / total)], _ => tolerance);
    }

    /// <summary>Compares logits.</summary>
    public void CheckLogits(string output, JsonElement expected, double[] actual)
    {
        JsonElement tolerance = Tolerance.GetProperty("logits");
        double atol = tolerance.GetProperty("atol").GetDouble(), rtol = tolerance.GetProperty("rtol").GetDouble();
        Check(output, Numbers(expected), actual, x => atol + (rtol * Math.Abs(x)));
    }

    /// <summary>Compares token ids, which are exact.</summary>
    public void CheckIds(string output, ReadOnlySpan<int> expected, ReadOnlySpan<int> actual) => Note(output, expected.SequenceEqual(actual) ? 0 : 1, 0);

    /// <summary>Counts a row whose sampler does not exist here.</summary>
    public void Leave(string what, int rows = 1) => _notCovered[what] = _notCovered.GetValueOrDefault(what) + rows;

    /// <summary>Prints what was compared and what was not, and asserts it.</summary>
    public void Conclude(ITestOutputHelper output)
    {
        foreach ((string what, int rows) in _notCovered)
        {
            output.WriteLine($"golden {Name} {what}: {rows} rows not covered");
        }

        foreach ((string what, (double error, double tolerance)) in _worst)
        {
            Goldens.Report(Name, what, error, tolerance);
        }

        Assert.All(_worst, w => Assert.True(w.Value.Error <= w.Value.Tolerance, $"{Name} {w.Key}: {w.Value.Error} over {w.Value.Tolerance}"));
        Assert.NotEqual(0, _worst.Count + _notCovered.Count);
    }

    private static double Number(string text) => text switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private void Check(string output, double[] expected, double[] actual, Func<double, double> tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Note(output, expected[i] == actual[i] ? 0 : Math.Abs(expected[i] - actual[i]), tolerance(expected[i]));
        }
    }

    private void Note(string output, double error, double tolerance)
    {
        static double Ratio(double error, double tolerance) => error == 0 ? 0 : error / tolerance; // infinite where the tolerance is 0
        bool known = _worst.TryGetValue(output, out (double Error, double Tolerance) worst);
        if (!known || !(Ratio(error, tolerance) <= Ratio(worst.Error, worst.Tolerance)))
        {
            _worst[output] = (error, tolerance);
        }
    }

    private JsonElement Parse(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, file)));
        return document.RootElement.Clone();
    }
}
