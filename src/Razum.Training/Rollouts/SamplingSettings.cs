namespace Razum.Training.Rollouts;

/// <summary>How answers are drawn for training.</summary>
public sealed record SamplingSettings
{
    /// <summary>G, answers of each prompt.</summary>
    public required int Samples { get; init; }

    /// <summary>The longest answer; one that does not end is cut off.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Temperature; 0 for the most probable token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>As for any request; 1 keeps all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>As for any request; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Fixes all draws.</summary>
    public required int Seed { get; init; }
}
