using Razum.Tensors;

namespace Razum.Training.Speed;

/// <summary>What to measure of a model. 0 leaves a measurement out; null takes the usual number, or what the model's context has room for.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>Threads to compute with; 0 means one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>A block format to quantise matrices to; null leaves them as they are.</summary>
    public WeightFormat? Quantize { get; init; }

    /// <summary>What products of other matrices are computed in.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>Tokens of the prompt; usually 512.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>Tokens to generate; usually 128, and a quarter of them in each sequence of a batch.</summary>
    public int? GenerateTokens { get; init; }

    /// <summary>Numbers of sequences generated together.</summary>
    public IReadOnlyList<int> BatchSizes { get; init; } = [8, 64];

    /// <summary>Whether a training step is measured where it fits memory.</summary>
    public bool Train { get; init; } = true;

    /// <summary>How often everything is measured; medians and ranges are over rounds.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Shortest time of a measurement in a round, in seconds: short work is done several times.</summary>
    public double ShortestSeconds { get; init; } = 0.2;
}
