using Razum.Training.Objectives;

namespace Razum.Training.Runs;

/// <summary>How a stage works that learns from pairs of answers of which one is better.</summary>
public sealed record PreferenceConfig
{
    /// <summary>What is minimised.</summary>
    public PreferenceSettings Loss { get; init; } = new();

    /// <summary>Pairs of a step.</summary>
    public required int Pairs { get; init; }

    /// <summary>Files of pairs: <c>prompt</c>, <c>chosen</c>, <c>rejected</c>.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Share of the prompts whose pairs are never trained on but evaluated.</summary>
    public double HeldOut { get; init; }

    /// <summary>Whether there is no reference: log-probabilities themselves are compared, and no copy of the model is kept.</summary>
    public bool ReferenceFree { get; init; }
}
