namespace Razum.Training.Speed;

/// <summary>How fast one kind of work went, and what it was beside what bounds it.</summary>
public sealed record Measurement
{
    /// <summary>The work, such as <c>prompt 512</c>.</summary>
    public required string Name { get; init; }

    public required ComputePath Path { get; init; }

    /// <summary>Tokens per second: median, lowest and highest of the rounds.</summary>
    public required Spread TokensPerSecond { get; init; }

    /// <summary>Shortest possible time at the peaks measured around it, as share of the time it took: median, lowest and highest.</summary>
    public required Spread ShareOfBound { get; init; }

    public required Bound Bound { get; init; }

    /// <summary>Operations counted per token.</summary>
    public required double OperationsPerToken { get; init; }

    /// <summary>Bytes of weights and cache counted per token.</summary>
    public required double BytesPerToken { get; init; }

    /// <summary>Counted operations per second, at the median.</summary>
    public double OperationsPerSecond => OperationsPerToken * TokensPerSecond.Median;

    /// <summary>Counted bytes per second, at the median.</summary>
    public double BytesPerSecond => BytesPerToken * TokensPerSecond.Median;

    /// <summary>Operations per byte.</summary>
    public double Intensity => OperationsPerToken / BytesPerToken;
}
