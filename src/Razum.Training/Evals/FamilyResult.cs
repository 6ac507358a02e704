namespace Razum.Training.Evals;

/// <summary>What one family came to.</summary>
public sealed record FamilyResult
{
    public required string Family { get; init; }

    public required int Prompts { get; init; }

    /// <summary>Accuracy of the most probable answer, Wilson interval.</summary>
    public required Interval Greedy { get; init; }

    /// <summary>Mean accuracy of samples at temperature 1; interval by bootstrap over prompts. Null without samples.</summary>
    public Interval? Sampled { get; init; }

    /// <summary>Probability that one of k samples is right; interval by bootstrap over prompts. Null without samples.</summary>
    public Interval? PassAtK { get; init; }

    /// <summary>Tokens of a greedy answer.</summary>
    public required double MeanTokens { get; init; }

    /// <summary>Share of greedy answers cut off.</summary>
    public required double Truncated { get; init; }

    /// <summary>Share of greedy answers of the right form.</summary>
    public required double WellFormed { get; init; }
}
