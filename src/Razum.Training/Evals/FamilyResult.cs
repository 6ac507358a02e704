using System.Text.Json.Serialization;
using Razum.Training.Tasks;

namespace Razum.Training.Evals;

/// <summary>What one family came to. What is sampled is null without samples; its intervals are bootstraps over prompts.</summary>
public sealed record FamilyResult
{
    public required string Family { get; init; }

    public required int Prompts { get; init; }

    /// <summary>Accuracy of the most probable answer, Wilson interval.</summary>
    public required Interval Greedy { get; init; }

    /// <summary>pass@1: mean accuracy of the samples.</summary>
    public Interval? Sampled { get; init; }

    /// <summary>Probability that one of k samples is right.</summary>
    public Interval? PassAtK { get; init; }

    /// <summary>The same for fewer samples: 1, 2, 4, ... and k.</summary>
    public IReadOnlyDictionary<int, Interval>? PassAt { get; init; }

    /// <summary>cons@k: accuracy of the answer that most of k samples give.</summary>
    public Interval? Majority { get; init; }

    /// <summary>Accuracy of the sample of the highest mean log-probability.</summary>
    public Interval? BestOfK { get; init; }

    /// <summary>Tokens of a greedy answer.</summary>
    public required double MeanTokens { get; init; }

    /// <summary>Share of greedy answers cut off.</summary>
    public required double Truncated { get; init; }

    /// <summary>Share of greedy answers of the right form.</summary>
    public required double WellFormed { get; init; }

    /// <summary>Tokens of a sample.</summary>
    public double? SampledTokens { get; init; }

    /// <summary>Share of samples cut off.</summary>
    public double? SampledTruncated { get; init; }

    /// <summary>Share of samples of the right form.</summary>
    public double? SampledWellFormed { get; init; }

    /// <summary>Share of samples that think before they answer.</summary>
    public double? Thinking { get; init; }

    /// <summary>Accuracy of those; null where there are none. Reinforcement moves a family where this exceeds <see cref="CorrectAtOnce"/>.</summary>
    public double? CorrectWithThinking { get; init; }

    /// <summary>Accuracy of samples that answer at once.</summary>
    public double? CorrectAtOnce { get; init; }

    /// <summary>Answers that could not be judged, greedy and sampled: the judge failed. They count as not right.</summary>
    public int Errors { get; init; }

    /// <summary>Prompt by prompt, for comparisons.</summary>
    [JsonIgnore]
    public IReadOnlyList<PromptScore> Scores { get; init; } = [];

    /// <summary>Sums up the attempts at the prompts of one family.</summary>
    /// <param name="family">Its name.</param>
    /// <param name="scores">At least one prompt; all with equally many samples.</param>
    /// <param name="seed">Fixes the bootstraps.</param>
    public static FamilyResult Of(string family, IReadOnlyList<PromptScore> scores, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scores.Count, 1);
        int k = scores[0].Samples.Count;
        Attempt[] greedy = [.. scores.Select(s => s.Greedy)];
        var result = new FamilyResult
        {
            Family = family,
            Prompts = scores.Count,
            Greedy = Statistics.Wilson(greedy.Count(a => a.IsCorrect), scores.Count),
            MeanTokens = greedy.Average(a => a.Tokens),
            Truncated = Share(greedy, IsTruncated),
            WellFormed = Share(greedy, IsWellFormed),
            Errors = scores.Sum(s => s.Samples.Append(s.Greedy).Count(a => a.Verdict.Outcome == TaskOutcome.Error)),
            Scores = scores,
        };
        if (k == 0)
        {
            return result;
        }

        Attempt[] all = [.. scores.SelectMany(s => s.Samples)];
        Attempt[] thinking = [.. all.Where(a => a.Thinks)];
        Attempt[] direct = [.. all.Where(a => !a.Thinks)];
        SortedDictionary<int, Interval> passAt = new() { [k] = Estimate(s => s.PassAt(k)) };
        for (int n = 1; n < k; n *= 2)
        {
            passAt[n] = Estimate(s => s.PassAt(n));
        }

        return result with
        {
            Sampled = Estimate(s => s.Mean),
            PassAtK = passAt[k],
            PassAt = passAt,
            Majority = Estimate(s => s.MajorityIsCorrect ? 1 : 0),
            BestOfK = Estimate(s => s.BestIsCorrect ? 1 : 0),
            SampledTokens = all.Average(a => a.Tokens),
            SampledTruncated = Share(all, IsTruncated),
            SampledWellFormed = Share(all, IsWellFormed),
            Thinking = (double)thinking.Length / all.Length,
            CorrectWithThinking = thinking.Length > 0 ? Share(thinking, a => a.IsCorrect) : null,
            CorrectAtOnce = direct.Length > 0 ? Share(direct, a => a.IsCorrect) : null,
        };

        Interval Estimate(Func<PromptScore, double> of) => Statistics.Bootstrap([.. scores.Select(of)], seed);
    }

    private static bool IsTruncated(Attempt attempt) => attempt.Verdict.Outcome == TaskOutcome.Truncated;

    private static bool IsWellFormed(Attempt attempt) => attempt.Verdict.Outcome is not (TaskOutcome.Malformed or TaskOutcome.Truncated);

    private static double Share(Attempt[] attempts, Func<Attempt, bool> of) => attempts.Count(of) / (double)attempts.Length;
}
