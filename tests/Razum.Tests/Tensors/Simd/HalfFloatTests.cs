using Razum.Tensors.Simd;
using Razum.Tests.Tensors.Kernels;

namespace Razum.Tests.Tensors.Simd;

/// <summary>All 65,536 patterns of F16 in every instruction set.</summary>
public sealed unsafe class HalfFloatTests
{
    public static TheoryData<InstructionSet> Sets => KernelCall.Sets;

    [Theory]
    [MemberData(nameof(Sets))]
    public void EveryPatternIsWidenedExactly(InstructionSet set) => KernelCall.Run(set, new WidenCall());

    private readonly struct WidenCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            ushort* source = stackalloc ushort[16];
            float* target = stackalloc float[16];
            for (int first = 0; first <= ushort.MaxValue; first += S.Lanes)
            {
                for (int i = 0; i < S.Lanes; i++)
                {
                    source[i] = (ushort)(first + i);
                }

                S.Store(target, S.LoadHalf(source));
                for (int i = 0; i < S.Lanes; i++)
                {
                    float expected = (float)BitConverter.UInt16BitsToHalf(source[i]);
                    bool same = float.IsNaN(expected) ? float.IsNaN(target[i]) : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(target[i]);
                    Assert.True(same, $"{source[i]:x4}: {target[i]}, expected {expected}");
                }
            }
        }
    }
}
