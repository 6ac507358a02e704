using Razum.Tensors;

namespace Razum.Inference;

/// <summary>How an engine packs its work.</summary>
public sealed record EngineOptions
{
    /// <summary>The most guesses at a time that can be asked for.</summary>
    public const int MaxDraftLength = 16;

    /// <summary>Guesses at a time unless something else is asked for.</summary>
    public const int DefaultDraftLength = 1;

    /// <summary>The most sequences in work at a time; further requests wait.</summary>
    public int MaxSequences { get; init; } = 32;

    /// <summary>Rows of one step: every decoding sequence has one, prompts share what is left, a chunk each.</summary>
    public int TokenBudget { get; init; } = 512;

    /// <summary>Threads to compute with; 0 means one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>What matrix products are computed in.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>The most tokens of a prompt and its answer; 0 means the model's own limit. Less takes less memory.</summary>
    public int ContextLength { get; init; }

    /// <summary>
    /// Tokens that the cache of keys and values has room for, at least one context; its memory is taken when the engine is made. 0 means a context for each
    /// of <see cref="MaxSequences"/>, or what half of the machine's memory holds.
    /// </summary>
    public int CacheTokens { get; init; }

    /// <summary>Where products read the weights; null for the fastest that fits memory.</summary>
    public WeightPlacement? Placement { get; init; }

    /// <summary>Whether requests that begin alike share the keys and values of their beginning. Answers are the same, bit for bit.</summary>
    public bool SharePrefixes { get; init; } = true;

    /// <summary>
    /// How the next tokens are guessed, unless a request says otherwise. With <see cref="SpeculationKind.Mtp"/> the model's layer of multi-token prediction
    /// follows every request; only then may requests ask for it.
    /// </summary>
    public SpeculationKind Speculation { get; init; }

    /// <summary>
    /// Whether the experts of every token are kept beside its keys and values; only then may requests ask for them. All requests keep them, because any may
    /// share what another has computed.
    /// </summary>
    public bool RecordRouting { get; init; }

    /// <summary>The most guesses at a time, unless a request says otherwise.</summary>
    public int DraftLength { get; init; } = DefaultDraftLength;

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(TokenBudget, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Threads);
        ArgumentOutOfRangeException.ThrowIfNegative(ContextLength);
        ArgumentOutOfRangeException.ThrowIfNegative(CacheTokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(DraftLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(DraftLength, MaxDraftLength);
    }
}
