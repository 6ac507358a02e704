using Razum.Training.Objectives;

namespace Razum.Training.Loop;

/// <summary>What one step has to report.</summary>
public sealed record TrainProgress
{
    public required string Stage { get; init; }

    /// <summary>Steps done, all stages.</summary>
    public required int Step { get; init; }

    public required int Steps { get; init; }

    /// <summary>main + lambda mtp + balance.</summary>
    public required double Loss { get; init; }

    /// <summary>Mean cross-entropy of the next token, nats; null in a stage that is rewarded or learns from pairs.</summary>
    public double? Main { get; init; }

    /// <summary>Mean cross-entropy of the token after the next; null without a prediction layer.</summary>
    public double? Mtp { get; init; }

    /// <summary>Balance loss, alpha included; null when there is none.</summary>
    public double? Balance { get; init; }

    public required double LearningRate { get; init; }

    /// <summary>Global norm before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Largest (max - mean) / mean load of any layer of experts; null without experts.</summary>
    public double? MaxViolation { get; init; }

    /// <summary>Smallest entropy of the loads of any layer of experts, relative to even loads; null without experts.</summary>
    public double? LoadEntropy { get; init; }

    /// <summary>Experts of all layers that no row of the step went to; null without experts.</summary>
    public int? DeadExperts { get; init; }

    /// <summary>What a stage of reinforcement learning has to report besides; null in others.</summary>
    public PolicyProgress? Policy { get; init; }

    /// <summary>What a stage that learns from pairs of answers has to report besides; null in others.</summary>
    public PreferenceMetrics? Preference { get; init; }

    /// <summary>Tokens in this step, generated ones included.</summary>
    public long Tokens { get; init; }

    public double TokensPerSecond { get; init; }

    /// <summary>Counted FLOPs per second over the measured peak of this machine's arithmetic.</summary>
    public double Utilisation { get; init; }

    public TimeSpan TimeLeft { get; init; }

    /// <summary>What the run has cost up to here.</summary>
    public Cost Cost { get; init; }

    /// <summary>What was measured on held-out data after this step; null when nothing was.</summary>
    public HeldOut? HeldOut { get; init; }

    /// <summary>Something that a person should know now, in plain words; null when all is well.</summary>
    public string? Warning { get; init; }

    /// <summary>Folder of the checkpoint written after this step; null when none was.</summary>
    public string? Checkpoint { get; init; }
}
