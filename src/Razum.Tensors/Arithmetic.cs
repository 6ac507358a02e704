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
}
