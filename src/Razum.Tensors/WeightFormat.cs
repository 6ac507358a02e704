namespace Razum.Tensors;

/// <summary>How the values of a weight are stored.</summary>
public enum WeightFormat
{
    F32,
    BF16,

    /// <summary>Blocks of 32 bytes with an F16 scale: 8.5 bits a value.</summary>
    Q8_0,

    /// <summary>Blocks of 256 values of 4 bits with scales and minima: 4.5 bits a value.</summary>
    Q4_K,
}
