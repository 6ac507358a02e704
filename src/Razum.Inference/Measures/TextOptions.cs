using Razum.Tensors;

namespace Razum.Inference.Measures;

/// <summary>How a text is cut and computed.</summary>
public sealed record TextOptions
{
    /// <summary>Tokens of a window.</summary>
    public int Context { get; init; } = 512;

    /// <summary>Tokens from the beginning of one window to that of the next, where every token is scored; null for chunks one after the other.</summary>
    public int? Stride { get; init; }

    /// <summary>The most windows; 0 for all that the text has.</summary>
    public int Chunks { get; init; }

    /// <summary>Threads to compute with; 0 means one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>What matrix products of the judged model are computed in; those of a reference are F32.</summary>
    public Arithmetic Arithmetic { get; init; }
}
