using Razum.Tensors;
using Razum.Tensors.Simd;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Something a test does with one instruction set.</summary>
internal interface IKernelCall
{
    void Run<S, V>()
        where S : struct, ISimd<V>
        where V : struct;
}

/// <summary>Runs kernels with the instruction set that a test names, and the sets a test has to name.</summary>
internal static class KernelCall
{
    public static TheoryData<InstructionSet> Sets => [.. InstructionSets.Supported];

    public static void Run<T>(InstructionSet set, T call)
        where T : IKernelCall
    {
        switch (set)
        {
            case InstructionSet.Avx512 or InstructionSet.Jit:
                call.Run<Avx512, System.Runtime.Intrinsics.Vector512<float>>();
                break;
            case InstructionSet.Avx2:
                call.Run<Avx2, System.Runtime.Intrinsics.Vector256<float>>();
                break;
            case InstructionSet.Neon:
                call.Run<Neon, System.Runtime.Intrinsics.Vector128<float>>();
                break;
            default:
                call.Run<Scalar, float>();
                break;
        }
    }
}
