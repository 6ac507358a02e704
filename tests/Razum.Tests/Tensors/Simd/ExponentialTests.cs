using Razum.Tensors;
using Razum.Tensors.Simd;
using Razum.Tests.Tensors.Kernels;

namespace Razum.Tests.Tensors.Simd;

/// <summary>The exponential of every instruction set over the whole range of F32.</summary>
public sealed class ExponentialTests
{
    [Theory]
    [MemberData(nameof(KernelCall.Sets), MemberType = typeof(KernelCall))]
    public void IsWithinTwoUnitsInTheLastPlace(InstructionSet set)
    {
        for (double x = -110; x < 90; x += 0.00371)
        {
            float at = (float)x;
            double exact = Math.Exp(at);
            float value = Exp(set, at);
            if (exact > float.MaxValue)
            {
                Assert.Equal(float.PositiveInfinity, value);
                continue;
            }

            double unit = MathF.BitIncrement((float)exact) - (double)(float)exact;
            Assert.True(Math.Abs(value - exact) <= 2 * unit, $"exp({at}) = {value} instead of {exact}");
        }
    }

    [Theory]
    [MemberData(nameof(KernelCall.Sets), MemberType = typeof(KernelCall))]
    public void HasTheLimitsThatKernelsRelyOn(InstructionSet set)
    {
        Assert.Equal(1, Exp(set, 0));
        Assert.Equal(1, Exp(set, -0f));
        Assert.Equal(0, Exp(set, float.NegativeInfinity));
        Assert.Equal(0, Exp(set, float.MinValue));
        Assert.Equal(float.PositiveInfinity, Exp(set, float.PositiveInfinity));
        Assert.True(float.IsNaN(Exp(set, float.NaN)));
    }

    private static float Exp(InstructionSet set, float x)
    {
        var call = new Call { X = x, Result = new float[1] };
        KernelCall.Run(set, call);
        return call.Result[0];
    }

    private struct Call : IKernelCall
    {
        public float X;
        public float[] Result;

        public readonly void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct => Result[0] = S.MaxLane(S.Exp(S.Broadcast(X)));
    }
}
