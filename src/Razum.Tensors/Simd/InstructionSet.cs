namespace Razum.Tensors.Simd;

/// <summary>The vector instructions that kernels run on. Chosen once at start: the widest available, or what <c>RAZUM_KERNELS</c> names.</summary>
public enum InstructionSet
{
    Scalar,
    Neon,
    Avx2,
    Avx512,

    /// <summary>The vectors of <see cref="Avx512"/>, and machine code made at run time where there is a kernel of it. F32 results are those of <see cref="Avx512"/>.</summary>
    Jit,
}
