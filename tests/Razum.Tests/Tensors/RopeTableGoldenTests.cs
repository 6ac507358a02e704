using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Razum.Models;
using Razum.Models.Configuration;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Tensors;

/// <summary>Frequencies and tables of published models, read through the reader of configs: golden folder <c>lm/rope</c>.</summary>
public sealed partial class RopeTableGoldenTests
{
    private static string Folder => Path.Combine(Goldens.Root, "lm", "rope");

    public static TheoryData<string> Names
    {
        get
        {
            using JsonDocument document = Case();
            return [.. document.RootElement.GetProperty("facts").EnumerateObject().Select(p => p.Name)];
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EqualsTheReference(string name)
    {
        using JsonDocument document = Case();
        JsonElement facts = document.RootElement.GetProperty("facts").GetProperty(name);
        JsonElement tolerances = document.RootElement.GetProperty("tolerance");
        RopeLayout layout = Enum.Parse<RopeLayout>(facts.GetProperty("layout").GetString()!, ignoreCase: true);
        RopeConfig config = RopeFields.Read(new ConfigFields("case.json", "", facts), layout, scalesSoftmax: true);
        var table = new RopeTable(facts.GetProperty("rotary_dim").GetInt32(), config.Theta, config.Layout, config.Scaling);

        Assert.Equal(facts.GetProperty("attention_factor").GetDouble(), table.AttentionFactor, 1e-12);
        Assert.Equal(facts.GetProperty("softmax_scale_factor").GetDouble(), table.SoftmaxScaleFactor, 1e-12);

        using var file = new SafetensorsFile(Path.Combine(Folder, "tables.safetensors"));
        double[] frequencies = table.Frequencies.ToArray();
        double relative = tolerances.GetProperty("inv_freq64").GetProperty("rel").GetDouble();
        Compare(name, "inv_freq64", Doubles(file, $"{name}.inv_freq64"), frequencies, e => relative * Math.Abs(e));
        double relative32 = tolerances.GetProperty("inv_freq32").GetProperty("rel").GetDouble();
        Compare(name, "inv_freq32", Floats(file, $"{name}.inv_freq32"), frequencies, e => relative32 * Math.Abs(e));

        int[] positions = file.ReadInts("positions");
        double absolute = tolerances.GetProperty("cos64, sin64").GetProperty("abs").GetDouble();
        MatchCollection rule = Numbers().Matches(tolerances.GetProperty("cos32, sin32").GetProperty("rule").GetString()!);
        double atZero = Parse(rule[0]), perPosition = Parse(rule[1]);
        float[] rows = table.Rows(positions.Max() + 1);
        foreach ((string function, int first) in new[] { ("cos", 0), ("sin", table.Dim / 2) })
        {
            double[] exact = Doubles(file, $"{name}.{function}64"), single = Floats(file, $"{name}.{function}32");
            for (int p = 0; p < positions.Length; p++)
            {
                int half = table.Dim / 2, position = positions[p];
                double[] angles = frequencies.Select(f => position * f).ToArray();
                double[] made = angles.Select(a => (function == "cos" ? Math.Cos(a) : Math.Sin(a)) * table.AttentionFactor).ToArray();
                double[] stored = rows.AsSpan((position * table.Dim) + first, half).ToArray().Select(x => (double)x).ToArray();
                Compare(name, $"{function}64", exact[(p * half)..((p + 1) * half)], made, _ => absolute);
                Compare(name, $"{function}32", single[(p * half)..((p + 1) * half)], stored, _ => atZero + (perPosition * position));

                // What the kernel reads is the exact value rounded once.
                Assert.Equal(made.Select(x => (double)(float)x), stored);
            }
        }
    }

    [GeneratedRegex(@"\d+(\.\d+)?e-?\d+")]
    private static partial Regex Numbers();

    private static double Parse(Match match) => double.Parse(match.Value, CultureInfo.InvariantCulture);

    private static JsonDocument Case() => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "case.json")));

    private static double[] Doubles(SafetensorsFile file, string name) => MemoryMarshal.Cast<byte, double>(file.Bytes(name)).ToArray();

    private static double[] Floats(SafetensorsFile file, string name) => file.ReadFloats(name).Select(x => (double)x).ToArray();

    private static void Compare(string name, string output, double[] expected, double[] actual, Func<double, double> tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - actual[i]), allowed = tolerance(expected[i]);
            Goldens.Report($"rope/{name}", output, error, allowed);
            Assert.True(error <= allowed, $"{name}.{output}[{i}]: {actual[i]} instead of {expected[i]}");
        }
    }
}
