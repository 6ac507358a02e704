using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Razum.Training.Evals;

/// <summary>Two models on the same prompts: is one better, or is it chance?</summary>
/// <param name="First">Name of the first model.</param>
/// <param name="Second">Name of the second.</param>
/// <param name="Families">Every family, then all prompts together.</param>
public sealed record EvaluationComparison(string First, string Second, IReadOnlyList<FamilyComparison> Families)
{
    /// <summary>Compares two evaluations of the same questions.</summary>
    /// <exception cref="ArgumentException">The questions differ.</exception>
    public static EvaluationComparison Of(EvaluationReport first, EvaluationReport second)
    {
        if (!first.Answers.Select(a => (a.Family, a.Prompt)).SequenceEqual(second.Answers.Select(a => (a.Family, a.Prompt))))
        {
            throw new ArgumentException($"{first.Model} and {second.Model} were asked different questions and cannot be compared");
        }

        List<FamilyComparison> families =
            [.. first.Families.Zip(second.Families, (a, b) => FamilyComparison.Of(a.Family, a.Scores, b.Scores, first.Seed))];
        if (families.Count > 1)
        {
            families.Add(FamilyComparison.Of(
                "all", [.. first.Families.SelectMany(f => f.Scores)], [.. second.Families.SelectMany(f => f.Scores)], first.Seed));
        }

        return new EvaluationComparison(first.Model, second.Model, families);
    }

    /// <summary>A Markdown table.</summary>
    public string ToMarkdown()
    {
        bool sampled = Families.Any(f => f.Sampled is not null);
        var text = new StringBuilder($"| family | n | {First} | {Second} | only {First} | only {Second} | p |");
        text.Append(sampled ? " pass@1, difference | p |" : "").Append("\n|---|---|---|---|---|---|---|").Append(sampled ? "---|---|" : "").Append('\n');
        foreach (FamilyComparison f in Families)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {f.Family} | {f.Prompts} | {100 * f.First:0.0} % | {100 * f.Second:0.0} % ");
            text.Append(CultureInfo.InvariantCulture, $"| {f.OnlyFirst} | {f.OnlySecond} | {Chance(f.P)} |");
            text.Append(sampled ? $" {EvaluationReport.Percent(f.Sampled)} | {(f.SampledP is { } p ? Chance(p) : "-")} |" : "").Append('\n');
        }

        return text.ToString();
    }

    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Default.EvaluationComparison);

    /// <summary>A probability in as many digits as it deserves.</summary>
    public static string Chance(double p) => p < 0.001
        ? p.ToString("0.0e+0", CultureInfo.InvariantCulture)
        : p.ToString("0.000", CultureInfo.InvariantCulture);
}
