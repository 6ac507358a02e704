using System.Text;
using System.Text.Json;
using Razum.Models.Configuration;
using Razum.Tensors.Checkpoints;

namespace Razum.Models;

/// <summary>
/// Reads a published <c>config.json</c>. The only place that knows architectures: a value that would change the computation and is not supported throws here,
/// naming the field.
/// </summary>
public static class ModelConfigReader
{
    private const string FileName = "config.json";
    private const long LongestFile = 16 << 20;

    private static readonly string[] s_grouped = ["llama", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe"];
    private static readonly string[] s_deepSeek = ["deepseek_v2", "deepseek_v3", "deepseek_v32", "kimi_k2"];

    /// <summary>Reads a config file, or the <c>config.json</c> of a folder.</summary>
    /// <exception cref="InvalidDataException">It is missing, damaged or not supported; one line with file, field and fault.</exception>
    public static ModelConfig Read(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
        {
            throw new InvalidDataException($"{file}: no such file");
        }

        long length = new FileInfo(file).Length;
        return length <= LongestFile
            ? Parse(File.ReadAllBytes(file), file)
            : throw new InvalidDataException($"{file}: {length} bytes are too many for a config");
    }

    /// <summary>Reads the text of a config; <paramref name="name"/> stands for the file in messages.</summary>
    /// <exception cref="InvalidDataException">As for <see cref="Read"/>.</exception>
    public static ModelConfig Parse(string json, string name = FileName) => Parse(Encoding.UTF8.GetBytes(json), name);

    private static ModelConfig Parse(ReadOnlyMemory<byte> json, string name)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(new ConfigFields(name, "", document.RootElement))
                : throw new InvalidDataException($"{name}: expected an object");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter: text that is not UTF-8
        {
            throw new InvalidDataException($"{name}: not valid JSON: {OneLine.Quote(fault.Message)}", fault);
        }
    }

    private static ModelConfig Read(ConfigFields fields)
    {
        string modelType = fields.Text("model_type");
        return modelType switch
        {
            _ when s_grouped.Contains(modelType) => GroupedQueryFamily.Read(fields, modelType),
            _ when s_deepSeek.Contains(modelType) => DeepSeekFamily.Read(fields, modelType),
            _ => throw fields.Unsupported("model_type", string.Join(", ", [.. s_grouped, .. s_deepSeek])),
        };
    }
}
