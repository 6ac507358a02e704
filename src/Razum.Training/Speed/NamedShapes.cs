using System.Text.Json;
using Razum.Models;

namespace Razum.Training.Speed;

/// <summary>Shapes of known models by name, for measuring without their weights: published configurations, and the one of the run <c>nano</c>.</summary>
public static class NamedShapes
{
    private const string Extension = ".json";

    /// <summary>All names, in alphabetic order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(NamedShapes).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(Extension, StringComparison.Ordinal))
            .Select(n => n[..^Extension.Length]).Order(StringComparer.Ordinal),
    ];

    /// <exception cref="ArgumentException">There is no shape of that name; the message lists the names.</exception>
    public static ModelConfig Get(string name) => ModelConfigReader.Parse(Text(name), name);

    /// <summary>The text of its configuration.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Get"/>.</exception>
    public static string Text(string name)
    {
        if (!Names.Contains(name))
        {
            throw new ArgumentException($"unknown shape '{name}'; there are {string.Join(", ", Names)}");
        }

        using Stream stream = typeof(NamedShapes).Assembly.GetManifestResourceStream(name + Extension)!;
        using JsonDocument document = JsonDocument.Parse(stream);
        JsonElement root = document.RootElement;
        JsonElement config = root.TryGetProperty("model", out JsonElement model) ? model.GetProperty("config") : root; // a run file holds a config
        return config.GetRawText();
    }
}
