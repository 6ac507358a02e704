using Razum.Tensors;

namespace Razum.Inference;

/// <summary>How an engine packs its work.</summary>
public sealed record EngineOptions
{
    /// <summary>The most sequences in work at a time; further requests wait.</summary>
    public int MaxSequences { get; init; } = 32;

    /// <summary>Rows of one step: every decoding sequence has one, prompts share what is left, a chunk each.</summary>
    public int TokenBudget { get; init; } = 512;

    /// <summary>Threads to compute with; 0 means one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>What matrix products are computed in.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(TokenBudget, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Threads);
    }
}
