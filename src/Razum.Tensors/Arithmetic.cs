namespace Razum.Tensors;

/// <summary>What matrix products are computed in. Chosen by name, never silently: the choice changes numbers.</summary>
public enum Arithmetic
{
    /// <summary>F32 throughout; BF16 weights are widened, which is exact.</summary>
    F32,

    /// <summary>
    /// Both operands rounded to BF16 (to nearest, ties to even), products and sums in F32. On processors with AVX512_BF16 by machine code, elsewhere by
    /// portable code that gives the same bits, slowly. Attention, norms and everything else stay F32.
    /// </summary>
    BF16,

    /// <summary>
    /// Weights stored in E4M3 multiply activations rounded to E4M3 for every token and 128 columns, as DeepSeek-V3 computes (arXiv 2412.19437 section 3.3), sums
    /// in F32; all else is as in <see cref="F32"/>. For inference alone.
    /// </summary>
    FP8,
}
