using Razum.Training.Verifiers;

namespace Razum.Training.Rollouts;

/// <summary>One sampled answer, with all that training on it needs.</summary>
public sealed record Rollout
{
    /// <summary>Prompt and answer, the end token included where there is one.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>Tokens before the answer.</summary>
    public required int PromptLength { get; init; }

    /// <summary>Log-probability of every token of the answer when it was drawn. [Length]</summary>
    public required float[] LogProbs { get; init; }

    /// <summary>Updates that the policy had had: which weights drew it.</summary>
    public required int PolicyVersion { get; init; }

    /// <summary>Whether it ended by itself; otherwise it was cut off.</summary>
    public required bool Ended { get; init; }

    /// <summary>What the model wrote, without the end token.</summary>
    public required string Text { get; init; }

    /// <summary>What it earned.</summary>
    public required RewardResult Reward { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public int Length => Tokens.Length - PromptLength;
}
