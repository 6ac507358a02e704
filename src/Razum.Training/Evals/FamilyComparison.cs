namespace Razum.Training.Evals;

/// <summary>Two models on the same prompts of one family.</summary>
/// <param name="Family">The family, or <c>all</c> for the prompts of all families together.</param>
/// <param name="Prompts">Number of prompts.</param>
/// <param name="First">Greedy accuracy of the first model.</param>
/// <param name="Second">Greedy accuracy of the second.</param>
/// <param name="OnlyFirst">Prompts that only the first has right.</param>
/// <param name="OnlySecond">Prompts that only the second has right.</param>
/// <param name="P">McNemar's exact two-sided p.</param>
/// <param name="Sampled">Difference of the sampled accuracies, second minus first, by a paired bootstrap; null without samples.</param>
/// <param name="SampledP">Its two-sided p.</param>
public sealed record FamilyComparison(
    string Family, int Prompts, double First, double Second, int OnlyFirst, int OnlySecond, double P, Interval? Sampled, double? SampledP)
{
    /// <summary>Compares two models prompt by prompt.</summary>
    public static FamilyComparison Of(string family, IReadOnlyList<PromptScore> first, IReadOnlyList<PromptScore> second, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first.Count, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(second.Count, first.Count);
        int onlyFirst = first.Zip(second).Count(p => p.First.Greedy.IsCorrect && !p.Second.Greedy.IsCorrect);
        int onlySecond = first.Zip(second).Count(p => !p.First.Greedy.IsCorrect && p.Second.Greedy.IsCorrect);
        var comparison = new FamilyComparison(
            family,
            first.Count,
            first.Average(s => s.Greedy.IsCorrect ? 1.0 : 0),
            second.Average(s => s.Greedy.IsCorrect ? 1.0 : 0),
            onlyFirst,
            onlySecond,
            Statistics.McNemar(onlyFirst, onlySecond),
            null,
            null);
        if (first[0].Samples.Count == 0 || second[0].Samples.Count == 0)
        {
            return comparison;
        }

        (Interval difference, double p) = Statistics.PairedBootstrap([.. first.Select(s => s.Mean)], [.. second.Select(s => s.Mean)], seed);
        return comparison with { Sampled = difference, SampledP = p };
    }
}
