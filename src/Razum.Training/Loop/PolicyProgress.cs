using Razum.Training.Objectives;

namespace Razum.Training.Loop;

/// <summary>What a step of reinforcement learning has to report.</summary>
public sealed record PolicyProgress
{
    /// <summary>Mean reward of the answers.</summary>
    public required double Reward { get; init; }

    /// <summary>Mean of every part of the reward, by name, before weights.</summary>
    public required IReadOnlyList<(string Name, double Mean)> Parts { get; init; }

    /// <summary>Share of answers that were right.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Mean tokens of an answer.</summary>
    public required double Length { get; init; }

    /// <summary>Share of answers that were cut off.</summary>
    public required double Truncated { get; init; }

    /// <summary>Different 4-grams of an answer's tokens, of all its 4-grams: falls early where a policy collapses into repetition.</summary>
    public double Distinct { get; init; }

    /// <summary>Share of an answer's tokens that are equal to the one before.</summary>
    public double Repeated { get; init; }

    /// <summary>Share of answers whose second half is a loop that nothing ended.</summary>
    public double Looping { get; init; }

    /// <summary>Share of groups whose answers all earned the same.</summary>
    public required double ZeroVariance { get; init; }

    /// <summary>Answers whose verifier failed; they are not trained on.</summary>
    public required int Errors { get; init; }

    /// <summary>Answers sampled, those that failed left out.</summary>
    public required int Samples { get; init; }

    /// <summary>Figures of the objective over the step's updates; null when nothing was learned.</summary>
    public PolicyMetrics? Objective { get; init; }

    /// <summary>How far the step moved the policy: mean over its answers' tokens of log p before - log p after, nats.</summary>
    public double StepKl { get; init; }

    /// <summary>Tokens of answers whose log-probability was compared between sampler and trainer, on the weights that drew them.</summary>
    public long Compared { get; init; }

    /// <summary>How many of them differed in any bit. Always 0, or the engine is broken.</summary>
    public long Mismatch { get; init; }

    /// <summary>
    /// Share of tokens, those of prompts included and each counted in every layer with experts, that the router of an update after the first sends to other
    /// experts than the one that sampled: so many would go elsewhere without the replay, or do. Null where it was not recorded.
    /// </summary>
    public double? RoutingChanged { get; init; }

    /// <summary>Seconds of sampling and judging.</summary>
    public double SamplingSeconds { get; init; }

    /// <summary>Seconds of learning.</summary>
    public double UpdateSeconds { get; init; }

    /// <summary>Tokens of answers a second while sampling.</summary>
    public double SampledTokensPerSecond { get; init; }

    /// <summary>Counted operations of sampling a second.</summary>
    public double SamplingFlops { get; init; }

    /// <summary>Counted operations of learning a second.</summary>
    public double UpdateFlops { get; init; }

    /// <summary>What went wrong with the first of those answers.</summary>
    public string? Error { get; init; }

    /// <summary>One answer of this step, to look at; null when all failed.</summary>
    public PolicyExample? Example { get; init; }
}
