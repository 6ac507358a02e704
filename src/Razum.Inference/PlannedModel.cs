using System.Text.Json;
using Razum.Inference.Hub;
using Razum.Models;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Inference;

/// <summary>
/// A model as far as a plan needs it: its weights, none of them read, and the tensors of its files. From files; or, where there are none or others are asked
/// for, from the configuration and the type that the files would have.
/// </summary>
internal sealed class PlannedModel : IDisposable
{
    /// <summary>Types of folders in the published layout; all others are mixtures of GGUF files.</summary>
    private static readonly Dictionary<string, (ElementType Element, WeightFormat Format)> s_published = new(StringComparer.OrdinalIgnoreCase)
    {
        ["fp8"] = (ElementType.F8E4M3, WeightFormat.F8_E4M3),
        ["bf16"] = (ElementType.BF16, WeightFormat.BF16),
        ["f16"] = (ElementType.F16, WeightFormat.F16),
        ["f32"] = (ElementType.F32, WeightFormat.F32),
    };

    private readonly IDisposable? _files;

    private PlannedModel(string name, Decoder decoder, IEnumerable<(string Name, string Type, long Bytes)> tensors, IDisposable? files = null)
    {
        (Name, Decoder, Tensors, _files) = (name, decoder, [.. tensors], files);
        decoder.LatentForm = LatentAttentionForm.Absorbed; // as the loader has it
    }

    /// <summary>The types that <see cref="FromConfig"/> knows.</summary>
    public static IEnumerable<string> Types => s_published.Keys.Union(Mixture.All.Select(m => m.Name.ToLowerInvariant()));

    public string Name { get; }

    public Decoder Decoder { get; }

    /// <summary>What is in the files, used or not.</summary>
    public IReadOnlyList<(string Name, string Type, long Bytes)> Tensors { get; }

    /// <summary>A model folder, of which config.json is enough, or a GGUF file.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="type">See <see cref="FromConfig"/>; null for the files as they are.</param>
    /// <exception cref="InvalidDataException">A file is damaged or missing, or the tensors do not fit the config.</exception>
    public static PlannedModel Read(string path, string? type)
    {
        if (GgufModel.IsGguf(path))
        {
            return ReadGguf(path, type);
        }

        string name = HubCache.NameOf(path) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        ModelConfig config = ModelConfigReader.Read(path);
        if (type is not null || !Checkpoint.IsIn(path))
        {
            string file = Path.Combine(path, "config.json");
            return FromConfig(name, config, type ?? StoredType(File.ReadAllText(file), file));
        }

        var checkpoint = new Checkpoint(path);
        try
        {
            IEnumerable<TensorEntry> entries = checkpoint.Names.Select(n => checkpoint.Find(n)!);
            return new PlannedModel(name, new Decoder(config, new CheckpointParameters(checkpoint)), entries.Select(e => (e.Name, e.Type.Name(), e.Length)), checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>A model without files.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="type">One of <see cref="Types"/>: of a folder in the published layout, or the <see cref="Mixture"/> of a GGUF file.</param>
    /// <exception cref="ArgumentException">There is no such type.</exception>
    public static PlannedModel FromConfig(string name, ModelConfig config, string type)
    {
        if (s_published.TryGetValue(type, out (ElementType Element, WeightFormat) published))
        {
            PublishedTensor[] tensors = [.. PublishedTensor.Of(config, published.Element)];
            Dictionary<string, WeightFormat> formats = tensors.ToDictionary(
                t => t.Name, t => s_published.Values.First(p => p.Element == t.Type).Format, StringComparer.Ordinal);
            var source = new TypedParameters(n => formats.TryGetValue(n, out WeightFormat format) ? (format, true) : null);
            return new PlannedModel(name, new Decoder(config, source), tensors.Select(t => (t.Name, t.Type.Name(), t.Bytes)));
        }

        Mixture mixture = Mixture.Find(type) ?? throw new ArgumentException($"unknown type '{type}'; there are {string.Join(", ", Types)}");
        IReadOnlyList<(string Name, GgmlType Type, long Bytes)> planned = GgufTypes.Of(config, mixture);
        return new PlannedModel(
            name, new Decoder(config, GgufTypes.Parameters(config, planned)), planned.Select(t => (t.Name, t.Type.ToString(), t.Bytes)));
    }

    /// <summary>The type that the files of a published configuration have, by what it says of them.</summary>
    public static string StoredType(string config, string name)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(config);
            JsonElement root = document.RootElement;
            if (root.TryGetProperty("quantization_config", out JsonElement quantised) && quantised.ValueKind == JsonValueKind.Object)
            {
                return "fp8";
            }

            string? type = (root.TryGetProperty("torch_dtype", out JsonElement dtype) || root.TryGetProperty("dtype", out dtype)) && dtype.ValueKind == JsonValueKind.String
                ? dtype.GetString()
                : null;
            return type switch { "float32" => "f32", "float16" => "f16", _ => "bf16" };
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{name}: not valid JSON: {OneLine.Quote(fault.Message)}", fault);
        }
    }

    public void Dispose() => _files?.Dispose();

    private static PlannedModel ReadGguf(string path, string? type)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        var model = new GgufModel(path);
        try
        {
            ModelConfig config = GgufConfig.Read(model);
            if (type is not null)
            {
                model.Dispose();
                return FromConfig(name, config, type);
            }

            return new PlannedModel(
                name, new Decoder(config, new GgufParameters(model, config)), model.Tensors.Select(t => (t.Name, t.Type.ToString(), t.Length)), model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
