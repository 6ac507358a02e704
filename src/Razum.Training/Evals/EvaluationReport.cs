using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Razum.Training.Evals;

/// <summary>The results of all families, as tables and as JSON.</summary>
public sealed record EvaluationReport
{
    public required string Model { get; init; }

    /// <summary>k of pass@k; 0 when nothing was sampled.</summary>
    public required int K { get; init; }

    /// <summary>Temperature of the samples.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Probability mass that the samples are drawn from.</summary>
    public double TopP { get; init; } = 1;

    public required int Seed { get; init; }

    public required IReadOnlyList<FamilyResult> Families { get; init; }

    /// <summary>Every greedy answer, family by family.</summary>
    [JsonIgnore]
    public IReadOnlyList<EvaluationAnswer> Answers { get; init; } = [];

    /// <summary>Unweighted mean over families.</summary>
    public double AverageGreedy => Average(f => f.Greedy)!.Value.Value;

    /// <summary>The unweighted means over families by the names of their columns, with intervals.</summary>
    public IReadOnlyDictionary<string, Interval> Averages => Columns()
        .Where(c => Average(c.Of) is not null)
        .ToDictionary(c => c.Name, c => Average(c.Of)!.Value);

    /// <summary>Markdown tables, with 95 % intervals in brackets.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        (string Name, Func<FamilyResult, Interval?> Of)[] columns = [.. Columns()];
        text.Append("| family | n | ").AppendJoin(" | ", columns.Select(c => c.Name)).Append(" | tokens | truncated | well formed |\n");
        text.Append("|---|---|").Append(string.Concat(Enumerable.Repeat("---|", columns.Length))).Append("---|---|---|\n");
        foreach (FamilyResult f in Families)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {f.Family} | {f.Prompts} | ").AppendJoin(" | ", columns.Select(c => Percent(c.Of(f))));
            text.Append(CultureInfo.InvariantCulture, $" | {f.MeanTokens:0.0} | {100 * f.Truncated:0.0} % | {100 * f.WellFormed:0.0} % |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"| **average** | {Families.Sum(f => f.Prompts)} | ");
        text.AppendJoin(" | ", columns.Select((c, i) => i == 0 ? $"**{Percent(Average(c.Of))}**" : Percent(Average(c.Of))));
        text.Append(CultureInfo.InvariantCulture, $" | {Families.Average(f => f.MeanTokens):0.0} ");
        text.Append(CultureInfo.InvariantCulture, $"| {100 * Families.Average(f => f.Truncated):0.0} % | {100 * Families.Average(f => f.WellFormed):0.0} % |\n");
        if (Families.Sum(f => f.Errors) is > 0 and var errors)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{errors} answers could not be judged, because the judge failed; they count as not right.\n");
        }

        return K > 0 ? text.Append('\n').Append(Samples()).ToString() : text.ToString();
    }

    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Default.EvaluationReport);

    /// <summary>The greedy answers, one JSON object a line.</summary>
    public string AnswersToJsonLines() => string.Concat(Answers.Select(a => JsonSerializer.Serialize(a, EvaluationLines.Default.EvaluationAnswer) + "\n"));

    /// <summary>A share with its interval, in percent.</summary>
    internal static string Percent(Interval? interval) => interval is { } i
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * i.Value:0.0} % [{100 * i.Low:0.0}, {100 * i.High:0.0}]")
        : "-";

    /// <summary>The accuracies that were measured, in the order of the report.</summary>
    public IEnumerable<(string Name, Func<FamilyResult, Interval?> Of)> Columns()
    {
        yield return ("greedy", f => f.Greedy);
        if (K > 0)
        {
            yield return ("pass@1", f => f.Sampled);
            yield return ($"pass@{K}", f => f.PassAtK);
            yield return ($"maj@{K}", f => f.Majority);
            yield return ($"best of {K}", f => f.BestOfK);
        }
    }

    /// <summary>The mean over the families that have an estimate; null where none has.</summary>
    public Interval? Average(Func<FamilyResult, Interval?> of) =>
        Families.Select(of).OfType<Interval>().ToArray() is { Length: > 0 } known ? Statistics.Mean(known) : null;

    /// <summary>How the samples were made and what thinking was good for.</summary>
    private string Samples()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Of {K} samples a prompt at temperature {Temperature}, top-p {TopP}:\n\n");
        text.Append("| family | tokens | truncated | well formed | think first | right if so | right at once |\n|---|---|---|---|---|---|---|\n");
        foreach (FamilyResult f in Families)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {f.Family} | {f.SampledTokens:0.0} | {Share(f.SampledTruncated)} | {Share(f.SampledWellFormed)} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Share(f.Thinking)} | {Share(f.CorrectWithThinking)} | {Share(f.CorrectAtOnce)} |\n");
        }

        return text.ToString();

        static string Share(double? value) => value is { } v ? string.Create(CultureInfo.InvariantCulture, $"{100 * v:0.0} %") : "-";
    }
}

/// <summary>Writes <see cref="EvaluationReport"/> and <see cref="EvaluationComparison"/> without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(EvaluationComparison))]
internal sealed partial class EvaluationJson : JsonSerializerContext;

/// <summary>Writes <see cref="EvaluationAnswer"/> without reflection, each on one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(EvaluationAnswer))]
internal sealed partial class EvaluationLines : JsonSerializerContext;
