using System.Text.RegularExpressions;

namespace Razum.Inference.Hub;

/// <summary>The name of a model on the Hugging Face Hub, <c>owner/name</c>, and which of its GGUF files is meant: <c>owner/name:Q4_K_M</c>, <c>owner/name:file.gguf</c>.</summary>
/// <param name="Owner">Who published it.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Choice">A quantisation or a file; null for the whole model.</param>
public sealed partial record HubName(string Owner, string Name, string? Choice = null)
{
    /// <summary>Owner and name, without the choice.</summary>
    public string Id => $"{Owner}/{Name}";

    public override string ToString() => Choice is null ? Id : $"{Id}:{Choice}";

    /// <summary>The name that a text is; null if it is none.</summary>
    public static HubName? Parse(string text)
    {
        Match match = Pattern().Match(text);
        return match.Success && !text.Contains("..", StringComparison.Ordinal) && !text.Contains("--", StringComparison.Ordinal)
            ? new HubName(match.Groups["owner"].Value, match.Groups["name"].Value, match.Groups["choice"] is { Success: true } choice ? choice.Value : null)
            : null;
    }

    [GeneratedRegex(@"^(?<owner>[A-Za-z0-9][A-Za-z0-9_.-]{0,95})/(?<name>[A-Za-z0-9_][A-Za-z0-9_.-]{0,95})(:(?<choice>[A-Za-z0-9_][A-Za-z0-9_./-]{0,255}))?\z")]
    private static partial Regex Pattern();
}
