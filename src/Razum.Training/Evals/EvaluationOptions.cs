namespace Razum.Training.Evals;

/// <summary>How an evaluation samples.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Samples per prompt at temperature 1; k of pass@k. 0 leaves sampling out.</summary>
    public int Samples { get; init; } = 8;

    /// <summary>The longest answer; more counts as truncated.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Fixes all draws.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Requests in the engine at a time.</summary>
    public int Parallel { get; init; } = 64;

    /// <summary>Called after every prompt with prompts done and prompts in all.</summary>
    public Action<int, int>? Progress { get; init; }
}
