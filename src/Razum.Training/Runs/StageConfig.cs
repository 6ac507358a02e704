using Razum.Training.Objectives;
using Razum.Training.Schedules;

namespace Razum.Training.Runs;

/// <summary>One stage of a run: what is learned from, for how long and how fast.</summary>
public sealed record StageConfig
{
    public required string Name { get; init; }

    /// <summary>What is learned from; null in a stage of reinforcement learning or preference.</summary>
    public DataConfig? Data { get; init; }

    /// <summary>How a stage of reinforcement learning works; null in others.</summary>
    public PolicyConfig? Policy { get; init; }

    /// <summary>How a stage works that learns from pairs of answers; null in others.</summary>
    public PreferenceConfig? Preference { get; init; }

    public required int Steps { get; init; }

    /// <summary>Tokens per step: whole sequences are taken until the next would exceed it. Of reinforcement learning and preference the most there can be.</summary>
    public required long StepTokens { get; init; }

    /// <summary>Peak rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Factor on the peak rate; its steps count from the beginning of the stage.</summary>
    public required Schedule Schedule { get; init; }

    /// <summary>What is minimised.</summary>
    public SupervisedSettings Loss { get; init; } = new();

    /// <summary>lambda of the multi-token prediction loss; 0 leaves the layer out.</summary>
    public double MtpLambda { get; init; }

    /// <summary>lambda in the last part of the stage (DeepSeek-V3: 0.3, later 0.1).</summary>
    public double MtpLateLambda { get; init; }

    /// <summary>Share of the stage's steps after which the late lambda applies.</summary>
    public double MtpLateFrom { get; init; } = 1;

    /// <summary>lambda of step <paramref name="step"/> of this stage.</summary>
    public double MtpLambdaAt(int step) => step < MtpLateFrom * Steps ? MtpLambda : MtpLateLambda;
}
