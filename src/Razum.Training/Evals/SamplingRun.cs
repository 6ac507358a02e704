using Razum.Training.Data.Samples;

namespace Razum.Training.Evals;

/// <summary>How much is sampled, and who watches.</summary>
public sealed record SamplingRun
{
    public required SampleSettings Settings { get; init; }

    /// <summary>Draws for each prompt.</summary>
    public required int Draws { get; init; }

    /// <summary>Requests in the engine at a time.</summary>
    public int Parallel { get; init; } = 64;

    /// <summary>Called after every draw with draws done and draws in all.</summary>
    public Action<int, int>? Progress { get; init; }
}
