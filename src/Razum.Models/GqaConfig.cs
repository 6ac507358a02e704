namespace Razum.Models;

/// <summary>Grouped-query attention (llama, qwen).</summary>
public sealed record GqaConfig : AttentionConfig
{
    public required int NumKeyValueHeads { get; init; }

    public required int HeadDim { get; init; }

    /// <summary>Whether q, k and v have biases.</summary>
    public bool QkvBias { get; init; }

    /// <summary>Whether the output projection has a bias.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether every head of q and k is normalised before the rotation (qwen3).</summary>
    public bool QkNorm { get; init; }

    /// <summary>Rows a token sees in windowed layers, itself included; 0 for none.</summary>
    public int SlidingWindow { get; init; }

    /// <summary>The first layer that uses the window (<c>max_window_layers</c>).</summary>
    public int FirstWindowLayer { get; init; }
}
