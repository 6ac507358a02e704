using System.Text.Json;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Threading;

namespace Razum.Tests.Models;

/// <summary>One folder of the golden group <c>lm</c>: a published-layout checkpoint with inputs, expected outputs and tolerances. Nothing about a case stands in C#.</summary>
internal sealed class LanguageModelCase : IDisposable
{
    private readonly JsonDocument _case;

    private LanguageModelCase(string folder, ModelConfig config)
    {
        Folder = folder;
        Config = config;
        Name = Path.GetFileName(folder);
        _case = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        Expected = new SafetensorsFile(Path.Combine(folder, "expected.safetensors"));
        using JsonDocument inputs = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "inputs.json")));
        Inputs = inputs.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.EnumerateArray().Select(x => x.GetInt32()).ToArray());
    }

    public string Folder { get; }

    public string Name { get; }

    public ModelConfig Config { get; }

    public SafetensorsFile Expected { get; }

    /// <summary>seq0, seq1, ...: token ids.</summary>
    public IReadOnlyDictionary<string, int[]> Sequences => Inputs.Where(p => p.Key.StartsWith("seq", StringComparison.Ordinal)).ToDictionary();

    /// <summary>The same with those for outputs with rounded activations.</summary>
    public IReadOnlyDictionary<string, int[]> Inputs { get; }

    /// <summary>Names of all cases that are whole checkpoints, those not supported included.</summary>
    public static IEnumerable<string> AllNames =>
        Goldens.Cases("lm").Where(f => File.Exists(Path.Combine(f, "config.json"))).Select(f => Path.GetFileName(f)!);

    /// <summary>Names of the cases that <see cref="Unsupported"/> has nothing against.</summary>
    public static IEnumerable<string> Names => AllNames.Where(name => Unsupported(name) is null);

    /// <summary>Names of the cases with latent attention.</summary>
    public static IEnumerable<string> LatentNames => Names.Where(name => ModelConfigReader.Read(FolderOf(name)).Attention is MlaConfig);

    /// <summary>Names of the cases whose expected outputs include <paramref name="output"/>.</summary>
    public static IEnumerable<string> NamesWith(string output) => Names.Where(name =>
    {
        using LanguageModelCase golden = Open(name);
        return golden.Expected.Find(output) is not null;
    });

    /// <summary>What the reader says against a case that needs a weight format that is not supported; else null.</summary>
    public static string? Unsupported(string name)
    {
        try
        {
            ModelConfigReader.Read(FolderOf(name));
            return null;
        }
        catch (InvalidDataException e) when (e.Message.Contains("quantization_config"))
        {
            return e.Message;
        }
    }

    public static LanguageModelCase Open(string name) => new(FolderOf(name), ModelConfigReader.Read(FolderOf(name)));

    /// <summary>The decoder; with F32 master weights when it is to be trained, else over the mapped BF16 ones.</summary>
    public Decoder Load(bool trainable = false) => new(Config, new CheckpointParameters(new Checkpoint(Folder), trainable));

    /// <summary>The decoder with weights of that format: F32 and BF16 as above, else quantised while loading.</summary>
    public Decoder Load(WeightFormat format)
    {
        if (!WeightFormats.Quantised.Contains(format))
        {
            return Load(trainable: format == WeightFormat.F32);
        }

        using WorkerPool pool = new(1);
        return new Decoder(Config, new QuantisedParameters(new CheckpointParameters(new Checkpoint(Folder)), format, pool));
    }

    /// <summary>The number <paramref name="field"/> of the tolerance named <paramref name="rule"/>.</summary>
    public double Tolerance(string rule, string field) => _case.RootElement.GetProperty("tolerance").GetProperty(rule).GetProperty(field).GetDouble();

    /// <summary>Asserts max|actual - expected| within the tolerance named <paramref name="rule"/> and reports error / tolerance.</summary>
    public void Compare(string output, string rule, ReadOnlySpan<float> actual)
    {
        float[] expected = Expected.ReadFloats(output);
        Assert.Equal(expected.Length, actual.Length);
        JsonElement tolerance = _case.RootElement.GetProperty("tolerance").GetProperty(rule);
        double error = 0;
        double scale = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)actual[i] - expected[i]);
            error = difference > error || double.IsNaN(difference) ? difference : error;
            scale = Math.Max(scale, Math.Abs(expected[i]));
        }

        double allowed = tolerance.TryGetProperty("abs", out JsonElement abs)
            ? abs.GetDouble()
            : tolerance.GetProperty("rel_to_max").GetDouble() * Math.Max(scale, tolerance.GetProperty("floor").GetDouble());
        Goldens.Report(Name, output, error, allowed);
        Assert.True(error <= allowed, $"{Name}: {output}: error {error:g3} above the tolerance {allowed:g3}");
    }

    public void Dispose()
    {
        Expected.Dispose();
        _case.Dispose();
    }

    private static string FolderOf(string name) => Path.Combine(Goldens.Root, "lm", name);
}
