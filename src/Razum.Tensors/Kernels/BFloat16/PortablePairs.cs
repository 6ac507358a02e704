using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Jit;

namespace Razum.Tensors.Kernels.BFloat16;

/// <summary>
/// The inner loops for any processor, and what machine code is tested against. As in the processors' manuals, for each pair the odd element is multiplied
/// and added first, then the even one, both fused, results too small for a normal number become zeros.
/// </summary>
internal readonly unsafe struct PortablePairs : IPairKernels
{
    private const int Lanes = 8;

    /// <summary>The smallest normal number, 2^-126.</summary>
    private const float Smallest = 1.17549435e-38f;

    public static void Tile(int rows, bool inPanels, PairTileArguments* arguments)
    {
        PairTileArguments t = *arguments;
        (nint row, nint pair) = inPanels ? (4, 128) : (t.ARow, 4);
        for (nint i = 0; i < rows * t.Tiles; i++)
        {
            Row(t.A + (i * row), pair, t.B, t.Pairs, (float*)((byte*)t.C + (i * t.CRow)), t.Mask, t.Load != 0);
        }
    }

    public static void FourPanels(int rows, PairTileArguments* arguments)
    {
        PairTileArguments t = *arguments;
        (nint step, t.Tiles, t.Mask) = (t.Tiles, 1, uint.MaxValue);
        for (int p = 0; p < PairRow.Panels; p++)
        {
            Tile(rows, false, &t);
            t.B += step;
            t.C += 32;
        }
    }

    public static void Round(float* source, int count, ushort* target)
    {
        int i = 0;
        for (; i < count; i++)
        {
            target[i] = Round(source[i]);
        }

        for (; i % 32 != 0; i++)
        {
            target[i] = 0;
        }
    }

    public static void Interleave(ushort* even, ushort* odd, nint step, int pairs, byte* target)
    {
        uint* lanes = (uint*)target;
        for (int p = 0; p < pairs; p++)
        {
            ushort* first = (ushort*)((byte*)even + (p * step));
            ushort* second = (ushort*)((byte*)odd + (p * step));
            for (int j = 0; j < 32; j++)
            {
                *lanes++ = first[j] | ((uint)second[j] << 16);
            }
        }
    }

    /// <summary>To nearest, ties to even; NaN stays NaN, denormals become zeros.</summary>
    internal static ushort Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint exponent = bits & 0x7F800000;
        if (exponent == 0)
        {
            return (ushort)((bits >> 16) & 0x8000);
        }

        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    [SkipLocalsInit]
    private static void Row(byte* a, nint step, byte* b, nint pairs, float* c, uint mask, bool load)
    {
        float* sums = stackalloc float[32];
        for (int j = 0; j < 32; j++)
        {
            sums[j] = load && ((mask >> j) & 1) != 0 ? c[j] : 0;
        }

        for (int j = 0; j < 32; j += Lanes)
        {
            Vector256<float> sum = Flush(Vector256.Load(sums + j));
            for (nint p = 0; p < pairs; p++)
            {
                uint pair = *(uint*)(a + (p * step));
                Vector256<uint> other = Vector256.Load((uint*)(b + (p * 128)) + j);
                sum = Add(BitConverter.UInt32BitsToSingle(pair & 0xFFFF0000), (other & Vector256.Create(0xFFFF0000)).AsSingle(), sum);
                sum = Add(BitConverter.UInt32BitsToSingle(pair << 16), (other << 16).AsSingle(), sum);
            }

            sum.Store(sums + j);
        }

        for (int j = 0; j < 32; j++)
        {
            if (((mask >> j) & 1) != 0)
            {
                c[j] = sums[j];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Add(float a, Vector256<float> b, Vector256<float> sum)
    {
        Vector256<float> result = Vector256.FusedMultiplyAdd(Vector256.Create(a), b, sum);
        return Vector256.EqualsAny(Vector256.Abs(result), Vector256.Create(Smallest)) ? Exact(a, b, sum, result) : Flush(result);
    }

    /// <summary>Zeros, with their sign, for what is smaller than a normal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Flush(Vector256<float> value)
    {
        Vector256<float> tiny = Vector256.LessThan(Vector256.Abs(value), Vector256.Create(Smallest));
        return Vector256.ConditionalSelect(tiny, value & Vector256.Create(-0f), value);
    }

    /// <summary>
    /// Whether a result is too small is decided as if exponents had no end: what only the coarse steps of denormal numbers rounded up to the smallest normal
    /// number is too small. Double precision shows that: all terms of such a sum are small.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector256<float> Exact(float a, Vector256<float> b, Vector256<float> sum, Vector256<float> result)
    {
        for (int j = 0; j < Lanes; j++)
        {
            if (MathF.Abs(result[j]) == Smallest)
            {
                double exact = ((double)a * b[j]) + sum[j];
                result = result.WithElement(j, Math.Abs(exact) < Smallest * (1 - (1.0 / (1 << 25))) ? MathF.CopySign(0, result[j]) : result[j]);
            }
        }

        return Flush(result);
    }
}
