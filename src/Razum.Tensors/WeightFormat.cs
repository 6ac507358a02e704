namespace Razum.Tensors;

/// <summary>
/// How the values of a weight are stored, finest first. Formats below F8_E4M3 are blocks of neighbouring values of a row, with the public names of GGUF;
/// bits are those of a value with its share of scales.
/// </summary>
public enum WeightFormat
{
    F32,

    /// <summary>Products widen it, or round activations to it (see <see cref="Arithmetic"/>).</summary>
    BF16,

    F16,

    /// <summary>E4M3 bytes with an F32 scale for every 128 x 128 values (<c>weight_scale_inv</c>): 8 bits.</summary>
    F8_E4M3,

    /// <summary>Blocks of 32 bytes with an F16 scale: 8.5 bits.</summary>
    Q8_0,

    /// <summary>256 values of 6 bits, scales of 16: 6.6 bits.</summary>
    Q6_K,

    /// <summary>32 values of 5 bits with scale and minimum: 6 bits.</summary>
    Q5_1,

    /// <summary>32 values of 5 bits with a scale: 5.5 bits.</summary>
    Q5_0,

    /// <summary>256 values of 5 bits with scales and minima: 5.5 bits.</summary>
    Q5_K,

    /// <summary>32 values of 4 bits with scale and minimum: 5 bits.</summary>
    Q4_1,

    /// <summary>32 values of 4 bits with a scale: 4.5 bits.</summary>
    Q4_0,

    /// <summary>Blocks of 256 values of 4 bits with scales and minima: 4.5 bits.</summary>
    Q4_K,

    /// <summary>32 values on 16 uneven levels: 4.5 bits.</summary>
    IQ4_NL,

    /// <summary>256 values on 16 uneven levels, scales of 32: 4.25 bits.</summary>
    IQ4_XS,

    /// <summary>32 values of E2M1 with a power of two: 4.25 bits.</summary>
    MXFP4,

    /// <summary>64 values of E2M1 with E4M3 scales of 16: 4.5 bits.</summary>
    NVFP4,

    /// <summary>256 values of 3 bits, scales of 16: 3.4 bits.</summary>
    Q3_K,

    /// <summary>Points of a codebook with signs: 3.4 bits.</summary>
    IQ3_S,

    /// <summary>Points of a codebook with signs: 3.1 bits.</summary>
    IQ3_XXS,

    /// <summary>256 values of 2 bits with scales and minima of 16: 2.6 bits.</summary>
    Q2_K,

    /// <summary>Points of a codebook with signs: 2.6 bits.</summary>
    IQ2_S,

    /// <summary>Points of a codebook with signs: 2.3 bits.</summary>
    IQ2_XS,

    /// <summary>64 values of -1 to 2 with a scale: 2.25 bits.</summary>
    Q2_0,

    /// <summary>Points of a codebook with signs: 2.1 bits.</summary>
    IQ2_XXS,

    /// <summary>256 values of -1, 0, 1 in two bits: 2.1 bits.</summary>
    TQ2_0,

    /// <summary>Points of a ternary codebook: 1.75 bits.</summary>
    IQ1_M,

    /// <summary>256 values of -1, 0, 1, five in a byte: 1.7 bits.</summary>
    TQ1_0,

    /// <summary>Points of a ternary codebook: 1.6 bits.</summary>
    IQ1_S,

    /// <summary>128 signs with a scale: 1.1 bits.</summary>
    Q1_0,
}
