using System.Runtime.Intrinsics;

namespace Razum.Tensors.Simd;

/// <summary>One lane: plain C# for processors without known vector instructions.</summary>
internal readonly unsafe struct Scalar : ISimd<float>
{
    public static int Lanes => 1;

    public static float Zero => 0;

    public static float Broadcast(float value) => value;

    public static float Load(float* source) => *source;

    public static void Store(float* target, float value) => *target = value;

    public static float LoadPartial(float* source, int count) => count > 0 ? *source : 0;

    public static void StorePartial(float* target, float value, int count)
    {
        if (count > 0)
        {
            *target = value;
        }
    }

    public static float LoadBFloat16(ushort* source) => BitConverter.UInt32BitsToSingle((uint)*source << 16);

    public static float LoadHalf(ushort* source) => (float)BitConverter.UInt16BitsToHalf(*source);

    public static float LoadBytes(sbyte* source) => *source;

    public static float DotBytes(float sum, float weights, float x)
    {
        int total = BitConverter.SingleToInt32Bits(sum);
        uint w = BitConverter.SingleToUInt32Bits(weights);
        int v = BitConverter.SingleToInt32Bits(x);
        for (int shift = 0; shift < 32; shift += 8)
        {
            total += (byte)(w >> shift) * (sbyte)(v >> shift);
        }

        return BitConverter.Int32BitsToSingle(total);
    }

    public static float LowNibbles(float bytes) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(bytes) & 0x0f0f0f0f);

    public static float HighNibbles(float bytes) => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(bytes) >> 4) & 0x0f0f0f0f);

    public static float AddUpperBits(float nibbles, float upper, int place) => BitConverter.UInt32BitsToSingle(
        BitConverter.SingleToUInt32Bits(nibbles) | (((BitConverter.SingleToUInt32Bits(upper) >> (2 * place)) & 0x03030303) << 4));

    public static float Lookup(float bytes, Vector128<byte> table)
    {
        (uint places, uint found) = (BitConverter.SingleToUInt32Bits(bytes), 0);
        for (int shift = 0; shift < 32; shift += 8)
        {
            found |= (uint)table[(int)(places >> shift) & 15] << shift;
        }

        return BitConverter.UInt32BitsToSingle(found);
    }

    public static float ToFloat(float integers) => BitConverter.SingleToInt32Bits(integers);

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float Divide(float a, float b) => a / b;

    public static float Fma(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    public static float Max(float a, float b) => MathF.Max(a, b);

    public static float Exp(float a) => MathF.Exp(a);

    public static float Sum(float a) => a;

    public static float MaxLane(float a) => a;

    public static Vector128<float> Sums(float a, float b, float c, float d) => Vector128.Create(a, b, c, d);

    public static Vector128<float> Maxima(float a, float b, float c, float d) => Vector128.Create(a, b, c, d);
}
