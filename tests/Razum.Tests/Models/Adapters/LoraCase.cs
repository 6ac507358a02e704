using System.Text.Json;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Models.Adapters;

/// <summary>A folder of the golden group <c>lm</c> that is an adapter as PEFT wrote it: its base is another case, its outputs are of both together.</summary>
internal sealed class LoraCase : IDisposable
{
    private readonly JsonDocument _case;

    private LoraCase(string folder)
    {
        Folder = folder;
        _case = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        Expected = new SafetensorsFile(Path.Combine(folder, "expected.safetensors"));
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "adapter_config.json")));
        Base = Path.GetFullPath(config.RootElement.GetProperty("base_model_name_or_path").GetString()!, folder);
        using JsonDocument inputs = JsonDocument.Parse(File.ReadAllText(Path.Combine(Base, "inputs.json")));
        Sequences = inputs.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.EnumerateArray().Select(x => x.GetInt32()).ToArray());
    }

    public static IEnumerable<string> Names =>
        Goldens.Cases("lm").Where(f => File.Exists(Path.Combine(f, "adapter_config.json"))).Select(f => Path.GetFileName(f)!);

    public string Folder { get; }

    /// <summary>Folder of the base checkpoint.</summary>
    public string Base { get; }

    public SafetensorsFile Expected { get; }

    public IReadOnlyDictionary<string, int[]> Sequences { get; }

    public static LoraCase Open(string name) => new(Path.Combine(Goldens.Root, "lm", name));

    public Decoder Load(bool trainable = false) =>
        AdaptedDecoder.Load(ModelConfigReader.Read(Base), new CheckpointParameters(new Checkpoint(Base), trainable), Folder);

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

        double allowed = tolerance.TryGetProperty("abs", out JsonElement abs) ? abs.GetDouble() : tolerance.GetProperty("rel_to_max").GetDouble() * scale;
        Goldens.Report(Path.GetFileName(Folder), output, error, allowed);
        Assert.True(error <= allowed, $"{Folder}: {output}: error {error:g3} above the tolerance {allowed:g3}");
    }

    public void Dispose()
    {
        Expected.Dispose();
        _case.Dispose();
    }
}
