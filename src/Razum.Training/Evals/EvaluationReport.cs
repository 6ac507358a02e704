using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Razum.Training.Evals;

/// <summary>The results of all families, as a table and as JSON.</summary>
public sealed record EvaluationReport
{
    public required string Model { get; init; }

    /// <summary>k of pass@k; 0 when nothing was sampled.</summary>
    public required int K { get; init; }

    public required int Seed { get; init; }

    public required IReadOnlyList<FamilyResult> Families { get; init; }

    /// <summary>Every greedy answer, family by family.</summary>
    [JsonIgnore]
    public IReadOnlyList<EvaluationAnswer> Answers { get; init; } = [];

    /// <summary>Unweighted mean over families.</summary>
    public double AverageGreedy => Families.Average(f => f.Greedy.Value);

    /// <summary>A Markdown table, with 95 % intervals in brackets.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append("| family | n | greedy | sampled | pass@").Append(K).Append(" | tokens | truncated | well formed |\n");
        text.Append("|---|---|---|---|---|---|---|---|\n");
        foreach (FamilyResult f in Families)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {f.Family} | {f.Prompts} | {Percent(f.Greedy)} | {Percent(f.Sampled)} | {Percent(f.PassAtK)} ");
            text.Append(CultureInfo.InvariantCulture, $"| {f.MeanTokens:0.0} | {100 * f.Truncated:0.0} % | {100 * f.WellFormed:0.0} % |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"| **average** | {Families.Sum(f => f.Prompts)} | **{Mean(f => f.Greedy.Value)}** ");
        text.Append(CultureInfo.InvariantCulture, $"| {Mean(f => f.Sampled?.Value)} | {Mean(f => f.PassAtK?.Value)} ");
        text.Append(CultureInfo.InvariantCulture, $"| {Families.Average(f => f.MeanTokens):0.0} | {Mean(f => f.Truncated)} | {Mean(f => f.WellFormed)} |\n");
        return text.ToString();

        string Mean(Func<FamilyResult, double?> of) =>
            Families.Average(of) is { } mean ? string.Create(CultureInfo.InvariantCulture, $"{100 * mean:0.0} %") : "-";
    }

    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Default.EvaluationReport);

    /// <summary>The greedy answers, one JSON object a line.</summary>
    public string AnswersToJsonLines() => string.Concat(Answers.Select(a => JsonSerializer.Serialize(a, EvaluationLines.Default.EvaluationAnswer) + "\n"));

    private static string Percent(Interval? interval) => interval is { } i
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * i.Value:0.0} % [{100 * i.Low:0.0}, {100 * i.High:0.0}]")
        : "-";
}

/// <summary>Writes <see cref="EvaluationReport"/> without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EvaluationReport))]
internal sealed partial class EvaluationJson : JsonSerializerContext;

/// <summary>Writes <see cref="EvaluationAnswer"/> without reflection, each on one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(EvaluationAnswer))]
internal sealed partial class EvaluationLines : JsonSerializerContext;
