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

    /// <summary>
    /// Which tokens each token of the answer was drawn from, token after token, ascending: what truncated sampling had left, in which <see cref="LogProbs"/>
    /// are. A token without any was drawn from all.
    /// </summary>
    public int[] SetIds { get; init; } = [];

    /// <summary>Where those of each token end. [Length]; empty when nothing was truncated.</summary>
    public int[] SetEnds { get; init; } = [];

    /// <summary>Mean number of tokens that one was drawn from; null when nothing was truncated.</summary>
    public double? MeanSetSize { get; init; }

    /// <summary>Experts of every token but the last in all layers: [tokens - 1, layers with experts * experts of a token]; empty when not recorded.</summary>
    public ushort[] Experts { get; init; } = [];

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
