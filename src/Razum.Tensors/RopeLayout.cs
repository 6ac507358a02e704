namespace Razum.Tensors;

/// <summary>Which two columns of a head are rotated together.</summary>
public enum RopeLayout
{
    /// <summary>Column i with column i + dim / 2 (llama, qwen).</summary>
    Half,

    /// <summary>Column 2i with column 2i + 1 (DeepSeek).</summary>
    Interleaved,
}
