namespace Razum.Training.Verifiers;

/// <summary>A completion's reward.</summary>
/// <param name="Total">Sum of the weighted scores; NaN after an error.</param>
/// <param name="Outcome">An error if any part had one: the sample must be dropped. Else the worst outcome of the parts that judge the answer.</param>
/// <param name="Parts">Every part's verdict (unweighted) by name.</param>
public sealed record RewardResult(double Total, VerdictOutcome Outcome, IReadOnlyDictionary<string, Verdict> Parts)
{
    /// <summary>Of an answer that nobody judges.</summary>
    public static RewardResult None { get; } = new(0, VerdictOutcome.NoAnswer, new Dictionary<string, Verdict>());

    /// <summary>The messages of the parts that failed, in one line; null without an error.</summary>
    public string? Fault => Outcome == VerdictOutcome.Error
        ? string.Join("; ", Parts.Values.Where(v => v.Outcome == VerdictOutcome.Error).Select(v => v.Message))
        : null;
}
