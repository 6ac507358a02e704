namespace Razum.Tensors.Simd;

/// <summary>The vector instructions that kernels run on. Chosen once at start: the widest available, or what <c>RAZUM_KERNELS</c> names.</summary>
public enum InstructionSet
{
    Scalar,
    Neon,
    Avx2,
    Avx512,
}
