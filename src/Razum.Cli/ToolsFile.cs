using System.Text.Json;

namespace Razum.Cli;

/// <summary>Reads the file of <c>--tools</c>: a JSON array of descriptions, as chat templates take them.</summary>
internal static class ToolsFile
{
    private const long LongestFile = 1 << 20;

    /// <summary>Its text.</summary>
    /// <exception cref="ArgumentException">It is missing, too long, or no such array; one line.</exception>
    public static string Read(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > LongestFile)
        {
            throw new ArgumentException($"--tools {path}: {(File.Exists(path) ? "too long for descriptions of tools" : "no such file")}");
        }

        string text = File.ReadAllText(path);
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            JsonElement root = json.RootElement;
            if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0 && root.EnumerateArray().All(t => t.ValueKind == JsonValueKind.Object))
            {
                return text;
            }
        }
        catch (JsonException fault)
        {
            throw new ArgumentException($"--tools {path}: not valid JSON: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }

        throw new ArgumentException($"--tools {path}: expected an array of objects, the descriptions of tools");
    }
}
