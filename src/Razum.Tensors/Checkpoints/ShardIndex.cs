using System.Text.Json;

namespace Razum.Tensors.Checkpoints;

/// <summary>Reads <c>model.safetensors.index.json</c> or <c>pytorch_model.bin.index.json</c>: which file of the folder holds which tensor.</summary>
internal static class ShardIndex
{
    private const long LongestJson = SafetensorsHeader.LongestJson;

    /// <summary>Tensor names with their file names; a file name never leads out of the folder.</summary>
    public static Dictionary<string, string> Read(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > LongestJson)
        {
            throw new InvalidDataException($"{path}: {length} bytes are above the limit of {LongestJson}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return ReadMap(path, document.RootElement);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter: half a surrogate pair in an escape
        {
            throw new InvalidDataException($"{path}: not valid JSON: {OneLine.Quote(fault.Message)}", fault);
        }
    }

    private static Dictionary<string, string> ReadMap(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"{path}: weight_map: expected an object");
        }

        Dictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (JsonProperty property in map.EnumerateObject())
        {
            string? file = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : null;
            if (string.IsNullOrEmpty(file) || file is "." or ".." || file.AsSpan().IndexOfAny("/\\:\0") >= 0)
            {
                throw new InvalidDataException(
                    $"{path}: weight_map: {OneLine.Quote(property.Name)}: expected the name of a file in this folder, found {OneLine.Quote(property.Value.GetRawText())}");
            }

            files.Add(property.Name, file);
        }

        return files;
    }
}
