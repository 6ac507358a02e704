namespace Razum.Tensors.Machine;

/// <summary>In what products are computed; each has a peak of its own.</summary>
public enum Arithmetic
{
    F32,

    /// <summary>BF16 factors, F32 sums.</summary>
    BF16,

    /// <summary>8-bit factors, 32-bit sums.</summary>
    Int8,
}
