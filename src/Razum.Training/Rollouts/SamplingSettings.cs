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

    /// <summary>As for any request; 0 keeps all.</summary>
    public double MinP { get; init; }

    /// <summary>Whether answers come with the experts of their tokens; the engine must have been made for it.</summary>
    public bool RecordRouting { get; init; }

    /// <summary>Whether some tokens may be left out of a draw.</summary>
    internal bool Truncates => Temperature > 0 && (TopP < 1 || TopK > 0 || MinP > 0);

    /// <summary>Fixes all draws.</summary>
    public required int Seed { get; init; }
}
