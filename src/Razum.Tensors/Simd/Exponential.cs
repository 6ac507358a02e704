using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Razum.Tensors.Simd;

/// <summary>
/// e^x in F32: x = n ln 2 + r, |r| at most ln(2) / 2, e^x = 2^n e^r with a polynomial of degree 6 (minimax, 3e-9). Within 2 units in the last place;
/// exactly 1 at 0 and 0 at -infinity; overflow is infinity, NaN stays. The library's own goes through double and is several times slower.
/// </summary>
internal static class Exponential
{
    private const float Lowest = -104; // e^x rounds to 0
    private const float Highest = 89; // e^x rounds to infinity
    private const float Log2E = 1.44269504f;
    private const float Ln2High = 0.69314718f;
    private const float Ln2Low = -1.9046543e-9f;
    private const float Rounder = 12582912; // 1.5 * 2^23: adding it leaves an integer in the last bits

    private const float C2 = 0.49999993432f;
    private const float C3 = 0.16666520399f;
    private const float C4 = 0.04166839077f;
    private const float C5 = 0.00836874512f;
    private const float C6 = 0.00138145412f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x)
    {
        x = Vector512.MinNative(Vector512.Create(Highest), Vector512.MaxNative(Vector512.Create(Lowest), x));
        Vector512<float> n = Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), Vector512.Create(Rounder)) - Vector512.Create(Rounder);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> p = Vector512.FusedMultiplyAdd(r, Vector512.Create(C6), Vector512.Create(C5));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(C4));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(C3));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(C2));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512<float>.One);
        p = Vector512.FusedMultiplyAdd(r, p, Vector512<float>.One);
        return Avx512F.Scale(p, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Of(Vector256<float> x)
    {
        x = Vector256.MinNative(Vector256.Create(Highest), Vector256.MaxNative(Vector256.Create(Lowest), x));
        Vector256<float> shifted = Vector256.FusedMultiplyAdd(x, Vector256.Create(Log2E), Vector256.Create(Rounder));
        Vector256<float> n = shifted - Vector256.Create(Rounder);
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2High), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Low), r);
        Vector256<float> p = Vector256.FusedMultiplyAdd(r, Vector256.Create(C6), Vector256.Create(C5));
        p = Vector256.FusedMultiplyAdd(r, p, Vector256.Create(C4));
        p = Vector256.FusedMultiplyAdd(r, p, Vector256.Create(C3));
        p = Vector256.FusedMultiplyAdd(r, p, Vector256.Create(C2));
        p = Vector256.FusedMultiplyAdd(r, p, Vector256<float>.One);
        p = Vector256.FusedMultiplyAdd(r, p, Vector256<float>.One);

        // 2^n as a product of two halves: one alone would leave the range of exponents.
        Vector256<int> whole = shifted.AsInt32() - Vector256.Create(Rounder).AsInt32();
        Vector256<int> half = whole >> 1;
        Vector256<int> rest = whole - half;
        return p * ((half + Vector256.Create(127)) << 23).AsSingle() * ((rest + Vector256.Create(127)) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> x)
    {
        x = Vector128.MinNative(Vector128.Create(Highest), Vector128.MaxNative(Vector128.Create(Lowest), x));
        Vector128<float> shifted = Vector128.FusedMultiplyAdd(x, Vector128.Create(Log2E), Vector128.Create(Rounder));
        Vector128<float> n = shifted - Vector128.Create(Rounder);
        Vector128<float> r = Vector128.FusedMultiplyAdd(n, Vector128.Create(-Ln2High), x);
        r = Vector128.FusedMultiplyAdd(n, Vector128.Create(-Ln2Low), r);
        Vector128<float> p = Vector128.FusedMultiplyAdd(r, Vector128.Create(C6), Vector128.Create(C5));
        p = Vector128.FusedMultiplyAdd(r, p, Vector128.Create(C4));
        p = Vector128.FusedMultiplyAdd(r, p, Vector128.Create(C3));
        p = Vector128.FusedMultiplyAdd(r, p, Vector128.Create(C2));
        p = Vector128.FusedMultiplyAdd(r, p, Vector128<float>.One);
        p = Vector128.FusedMultiplyAdd(r, p, Vector128<float>.One);
        Vector128<int> whole = shifted.AsInt32() - Vector128.Create(Rounder).AsInt32();
        Vector128<int> half = whole >> 1;
        Vector128<int> rest = whole - half;
        return p * ((half + Vector128.Create(127)) << 23).AsSingle() * ((rest + Vector128.Create(127)) << 23).AsSingle();
    }
}
