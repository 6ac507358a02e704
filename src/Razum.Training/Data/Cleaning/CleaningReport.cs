using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Razum.Training.Data.Cleaning;

/// <summary>What was read, what was taken out and why.</summary>
public sealed record CleaningReport
{
    /// <summary>Conversations read.</summary>
    public required int Read { get; init; }

    /// <summary>Conversations left.</summary>
    public required int Kept { get; init; }

    /// <summary>Conversations that repeat an earlier one, and which.</summary>
    public required IReadOnlyList<Repetition> Duplicates { get; init; }

    /// <summary>Conversations that share words with an evaluation set.</summary>
    public required IReadOnlyList<Contamination> Contaminated { get; init; }

    /// <summary>The evaluation sets compared with, and their questions.</summary>
    public required IReadOnlyDictionary<string, int> Sets { get; init; }

    /// <summary>Words in a row that had to agree.</summary>
    public required int Words { get; init; }

    /// <summary>A Markdown summary: how many, and the first of each kind.</summary>
    public string ToMarkdown()
    {
        const int Shown = 20;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Read} conversations read, {Kept} kept.\n\n| reason | conversations |\n|---|---|\n");
        text.Append(CultureInfo.InvariantCulture, $"| repeats an earlier one | {Duplicates.Count} |\n");
        foreach ((string set, int questions) in Sets)
        {
            int found = Contaminated.Count(c => c.Set == set);
            text.Append(CultureInfo.InvariantCulture, $"| {Words} words in a row of {set} ({questions} questions) | {found} |\n");
        }

        if (Contaminated.Count > 0)
        {
            text.Append("\n| conversation | set | question | common words |\n|---|---|---|---|\n");
            foreach (Contamination c in Contaminated.Take(Shown))
            {
                text.Append(CultureInfo.InvariantCulture, $"| {c.Where} | {c.Set} | {c.Question} | {c.Words.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
            }

            text.Append(Contaminated.Count > Shown ? $"\nand {Contaminated.Count - Shown} more.\n" : "");
        }

        return text.ToString();
    }

    public string ToJson() => JsonSerializer.Serialize(this, CleaningJson.Default.CleaningReport);
}

/// <summary>Writes <see cref="CleaningReport"/> without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CleaningReport))]
internal sealed partial class CleaningJson : JsonSerializerContext;
