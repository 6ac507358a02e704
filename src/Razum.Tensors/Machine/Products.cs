namespace Razum.Tensors.Machine;

/// <summary>Kinds of products, each with a peak of its own.</summary>
public enum Products
{
    F32,

    /// <summary>BF16 factors, F32 sums.</summary>
    BF16,

    /// <summary>8-bit factors, 32-bit sums.</summary>
    Int8,
}
