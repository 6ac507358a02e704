namespace Razum.Training.Evals;

/// <summary>How an evaluation samples.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Samples per prompt; k of pass@k. 0 leaves sampling out.</summary>
    public int Samples { get; init; } = 8;

    /// <summary>Temperature of the samples. R1 is measured at 0.6 with <see cref="TopP"/> 0.95.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Samples come from the most probable tokens that sum to this.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The longest answer; more counts as truncated.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Fixes all draws.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Requests in the engine at a time.</summary>
    public int Parallel { get; init; } = 64;

    /// <summary>Called after every prompt with prompts done and prompts in all.</summary>
    public Action<int, int>? Progress { get; init; }
}
