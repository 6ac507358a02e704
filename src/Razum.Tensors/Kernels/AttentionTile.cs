using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Razum.Tensors.Simd;
using X86Avx = System.Runtime.Intrinsics.X86.Avx;

namespace Razum.Tensors.Kernels;

/// <summary>
/// The arithmetic inside attention: products of four rows at a time with a tile of 32 keys or values. Every sum is one chain of fused multiply-adds
/// in ascending order, one lane to an element of the result, so that an element never depends on its neighbours.
/// </summary>
internal static unsafe partial class AttentionTile
{
    /// <summary>Keys in a tile; tiles begin at absolute positions 0, 32, 64, ...</summary>
    public const int Keys = 32;

    /// <summary>Rows that a product takes at a time.</summary>
    public const int Rows = 4;

    /// <summary>-inf 32 times, 0 32 times, -inf 32 times: see <see cref="Mask"/>.</summary>
    private static readonly float* s_masks = CreateMasks();

    /// <summary>32 addends that hide the keys of a tile before <paramref name="from"/>: -inf there, 0 elsewhere.</summary>
    public static float* MaskBefore(int from) => s_masks + Keys - from;

    /// <summary>32 addends that hide the keys of a tile from <paramref name="to"/> on.</summary>
    public static float* MaskFrom(int to) => s_masks + (2 * Keys) - to;

    /// <summary>target[c * 32 + r] = source[r * stride + c]; rows from <paramref name="rows"/> to 32 are 0 and are not read.</summary>
    public static void Transpose(float* source, int stride, int rows, int columns, float* target)
    {
        if (rows < Keys)
        {
            new Span<float>(target, Keys * columns).Clear();
        }

        int r = 0;
        if (X86Avx.IsSupported)
        {
            for (; r + 8 <= rows; r += 8)
            {
                float* from = source + ((long)r * stride);
                int c = 0;
                for (; c + 8 <= columns; c += 8)
                {
                    Transpose8(from + c, stride, target + (c * Keys) + r);
                }

                TransposeSlowly(from, stride, 8, c, columns, target + r);
            }
        }

        TransposeSlowly(source + ((long)r * stride), stride, rows - r, 0, columns, target + r);
    }

    /// <summary>Copies rows, filling columns up to <paramref name="padded"/> and rows up to <paramref name="allRows"/> with 0.</summary>
    public static void Copy(float* source, int stride, int rows, int columns, float* target, int padded, int allRows)
    {
        for (int r = 0; r < rows; r++, source += stride, target += padded)
        {
            new ReadOnlySpan<float>(source, columns).CopyTo(new Span<float>(target, columns));
            new Span<float>(target + columns, padded - columns).Clear();
        }

        new Span<float>(target, (allRows - rows) * padded).Clear();
    }

    /// <summary>target = scale * source.</summary>
    public static void Scale<S, V>(float* source, float scale, float* target, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        int i = 0;
        for (; i + S.Lanes <= count; i += S.Lanes)
        {
            S.Store(target + i, S.Multiply(S.Load(source + i), S.Broadcast(scale)));
        }

        for (; i < count; i++)
        {
            target[i] = source[i] * scale;
        }
    }

    /// <summary>target += scale * source.</summary>
    public static void Add<S, V>(float* source, float scale, float* target, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        int i = 0;
        for (; i + S.Lanes <= count; i += S.Lanes)
        {
            S.Store(target + i, S.Fma(S.Load(source + i), S.Broadcast(scale), S.Load(target + i)));
        }

        for (; i < count; i++)
        {
            target[i] = MathF.FusedMultiplyAdd(source[i], scale, target[i]);
        }
    }

    /// <summary>sum of a * b.</summary>
    public static float Dot<S, V>(float* a, float* b, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        V sum = S.Zero;
        int i = 0;
        for (; i + S.Lanes <= count; i += S.Lanes)
        {
            sum = S.Fma(S.Load(a + i), S.Load(b + i), sum);
        }

        float total = S.Sum(sum);
        for (; i < count; i++)
        {
            total = MathF.FusedMultiplyAdd(a[i], b[i], total);
        }

        return total;
    }

    /// <summary>
    /// c[i, :] (+)= sum over t of a[i, t] * b[t, :] for four rows i. a has <paramref name="steps"/> columns and b as many rows.
    /// <paramref name="columns"/> is a multiple of the lanes.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void MultiplyRows<S, V>(float* a, int aStride, int steps, float* b, int bStride, float* c, int cStride, int columns, bool add)
        where S : struct, ISimd<V>
        where V : struct
    {
        int j = 0;
        if (S.Lanes >= 16)
        {
            for (; j + (4 * S.Lanes) <= columns; j += 4 * S.Lanes)
            {
                MultiplyFour<S, V>(a, aStride, steps, b + j, bStride, c + j, cStride, add);
            }
        }

        for (; j + (2 * S.Lanes) <= columns; j += 2 * S.Lanes)
        {
            MultiplyTwo<S, V>(a, aStride, 1, steps, b + j, bStride, c + j, cStride, add);
        }

        if (j < columns)
        {
            MultiplyOne<S, V>(a, aStride, 1, steps, b + j, bStride, c + j, cStride, add);
        }
    }

    /// <summary>c[i, :] += sum over t of a[t, i] * b[t, :] for four columns i of a.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void MultiplyColumns<S, V>(float* a, int aStride, int steps, float* b, int bStride, float* c, int cStride, int columns)
        where S : struct, ISimd<V>
        where V : struct
    {
        int j = 0;
        for (; j + (2 * S.Lanes) <= columns; j += 2 * S.Lanes)
        {
            MultiplyTwo<S, V>(a, 1, aStride, steps, b + j, bStride, c + j, cStride, true);
        }

        if (j < columns)
        {
            MultiplyOne<S, V>(a, 1, aStride, steps, b + j, bStride, c + j, cStride, true);
        }
    }

    /// <summary>Four vectors of columns at a time: for 32 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyFour<S, V>(float* a, nint aStride, int steps, float* b, nint bStride, float* c, nint cStride, bool add)
        where S : struct, ISimd<V>
        where V : struct
    {
        V c00 = S.Zero, c01 = S.Zero, c02 = S.Zero, c03 = S.Zero;
        V c10 = S.Zero, c11 = S.Zero, c12 = S.Zero, c13 = S.Zero;
        V c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, c23 = S.Zero;
        V c30 = S.Zero, c31 = S.Zero, c32 = S.Zero, c33 = S.Zero;
        float* r1 = c + cStride;
        float* r2 = r1 + cStride;
        float* r3 = r2 + cStride;
        if (add)
        {
            (c00, c01, c02, c03) = (S.Load(c), S.Load(c + S.Lanes), S.Load(c + (2 * S.Lanes)), S.Load(c + (3 * S.Lanes)));
            (c10, c11, c12, c13) = (S.Load(r1), S.Load(r1 + S.Lanes), S.Load(r1 + (2 * S.Lanes)), S.Load(r1 + (3 * S.Lanes)));
            (c20, c21, c22, c23) = (S.Load(r2), S.Load(r2 + S.Lanes), S.Load(r2 + (2 * S.Lanes)), S.Load(r2 + (3 * S.Lanes)));
            (c30, c31, c32, c33) = (S.Load(r3), S.Load(r3 + S.Lanes), S.Load(r3 + (2 * S.Lanes)), S.Load(r3 + (3 * S.Lanes)));
        }

        float* a1 = a + aStride;
        float* a2 = a1 + aStride;
        float* a3 = a2 + aStride;
        for (nint t = 0; t < steps; t++, b += bStride)
        {
            V b0 = S.Load(b), b1 = S.Load(b + S.Lanes), b2 = S.Load(b + (2 * S.Lanes)), b3 = S.Load(b + (3 * S.Lanes));
            V x = S.Broadcast(a[t]);
            (c00, c01, c02, c03) = (S.Fma(x, b0, c00), S.Fma(x, b1, c01), S.Fma(x, b2, c02), S.Fma(x, b3, c03));
            x = S.Broadcast(a1[t]);
            (c10, c11, c12, c13) = (S.Fma(x, b0, c10), S.Fma(x, b1, c11), S.Fma(x, b2, c12), S.Fma(x, b3, c13));
            x = S.Broadcast(a2[t]);
            (c20, c21, c22, c23) = (S.Fma(x, b0, c20), S.Fma(x, b1, c21), S.Fma(x, b2, c22), S.Fma(x, b3, c23));
            x = S.Broadcast(a3[t]);
            (c30, c31, c32, c33) = (S.Fma(x, b0, c30), S.Fma(x, b1, c31), S.Fma(x, b2, c32), S.Fma(x, b3, c33));
        }

        StoreFour<S, V>(c, c00, c01, c02, c03);
        StoreFour<S, V>(r1, c10, c11, c12, c13);
        StoreFour<S, V>(r2, c20, c21, c22, c23);
        StoreFour<S, V>(r3, c30, c31, c32, c33);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour<S, V>(float* target, V a, V b, V c, V d)
        where S : struct, ISimd<V>
        where V : struct
    {
        S.Store(target, a);
        S.Store(target + S.Lanes, b);
        S.Store(target + (2 * S.Lanes), c);
        S.Store(target + (3 * S.Lanes), d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyTwo<S, V>(float* a, nint aRow, nint aStep, int steps, float* b, nint bStride, float* c, nint cStride, bool add)
        where S : struct, ISimd<V>
        where V : struct
    {
        V c00 = S.Zero, c01 = S.Zero, c10 = S.Zero, c11 = S.Zero, c20 = S.Zero, c21 = S.Zero, c30 = S.Zero, c31 = S.Zero;
        if (add)
        {
            (c00, c01) = (S.Load(c), S.Load(c + S.Lanes));
            (c10, c11) = (S.Load(c + cStride), S.Load(c + cStride + S.Lanes));
            (c20, c21) = (S.Load(c + (2 * cStride)), S.Load(c + (2 * cStride) + S.Lanes));
            (c30, c31) = (S.Load(c + (3 * cStride)), S.Load(c + (3 * cStride) + S.Lanes));
        }

        float* a1 = a + aRow;
        float* a2 = a1 + aRow;
        float* a3 = a2 + aRow;
        nint t = 0;
        for (int n = steps; n > 0; n--)
        {
            V b0 = S.Load(b);
            V b1 = S.Load(b + S.Lanes);
            V x = S.Broadcast(a[t]);
            c00 = S.Fma(x, b0, c00);
            c01 = S.Fma(x, b1, c01);
            x = S.Broadcast(a1[t]);
            c10 = S.Fma(x, b0, c10);
            c11 = S.Fma(x, b1, c11);
            x = S.Broadcast(a2[t]);
            c20 = S.Fma(x, b0, c20);
            c21 = S.Fma(x, b1, c21);
            x = S.Broadcast(a3[t]);
            c30 = S.Fma(x, b0, c30);
            c31 = S.Fma(x, b1, c31);
            t += aStep;
            b += bStride;
        }

        S.Store(c, c00);
        S.Store(c + S.Lanes, c01);
        S.Store(c + cStride, c10);
        S.Store(c + cStride + S.Lanes, c11);
        S.Store(c + (2 * cStride), c20);
        S.Store(c + (2 * cStride) + S.Lanes, c21);
        S.Store(c + (3 * cStride), c30);
        S.Store(c + (3 * cStride) + S.Lanes, c31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyOne<S, V>(float* a, nint aRow, nint aStep, int steps, float* b, nint bStride, float* c, nint cStride, bool add)
        where S : struct, ISimd<V>
        where V : struct
    {
        V c0 = S.Zero, c1 = S.Zero, c2 = S.Zero, c3 = S.Zero;
        if (add)
        {
            (c0, c1, c2, c3) = (S.Load(c), S.Load(c + cStride), S.Load(c + (2 * cStride)), S.Load(c + (3 * cStride)));
        }

        for (int n = steps; n > 0; n--)
        {
            V b0 = S.Load(b);
            c0 = S.Fma(S.Broadcast(a[0]), b0, c0);
            c1 = S.Fma(S.Broadcast(a[aRow]), b0, c1);
            c2 = S.Fma(S.Broadcast(a[2 * aRow]), b0, c2);
            c3 = S.Fma(S.Broadcast(a[3 * aRow]), b0, c3);
            a += aStep;
            b += bStride;
        }

        S.Store(c, c0);
        S.Store(c + cStride, c1);
        S.Store(c + (2 * cStride), c2);
        S.Store(c + (3 * cStride), c3);
    }

    private static void TransposeSlowly(float* source, int stride, int rows, int fromColumn, int columns, float* target)
    {
        for (int r = 0; r < rows; r++, source += stride)
        {
            for (int c = fromColumn; c < columns; c++)
            {
                target[(c * Keys) + r] = source[c];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8(float* source, nint stride, float* target)
    {
        // Rows r and r + 4 side by side, so that all that remains happens within 128 bits.
        Vector256<float> a = Pair(source, stride, 0), b = Pair(source, stride, 1), c = Pair(source, stride, 2), d = Pair(source, stride, 3);
        Transpose4(a, b, c, d, target);
        source += 4;
        Transpose4(Pair(source, stride, 0), Pair(source, stride, 1), Pair(source, stride, 2), Pair(source, stride, 3), target + (4 * Keys));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pair(float* source, nint stride, int row) =>
        Vector256.Create(Vector128.Load(source + (row * stride)), Vector128.Load(source + ((row + 4) * stride)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* target)
    {
        Vector256<double> ab0 = X86Avx.UnpackLow(a, b).AsDouble(), ab1 = X86Avx.UnpackHigh(a, b).AsDouble();
        Vector256<double> cd0 = X86Avx.UnpackLow(c, d).AsDouble(), cd1 = X86Avx.UnpackHigh(c, d).AsDouble();
        X86Avx.UnpackLow(ab0, cd0).AsSingle().Store(target);
        X86Avx.UnpackHigh(ab0, cd0).AsSingle().Store(target + Keys);
        X86Avx.UnpackLow(ab1, cd1).AsSingle().Store(target + (2 * Keys));
        X86Avx.UnpackHigh(ab1, cd1).AsSingle().Store(target + (3 * Keys));
    }

    private static float* CreateMasks()
    {
        var masks = (float*)NativeMemory.AlignedAlloc(3 * Keys * sizeof(float), 64);
        for (int i = 0; i < 3 * Keys; i++)
        {
            masks[i] = i / Keys == 1 ? 0 : float.NegativeInfinity;
        }

        return masks;
    }
}
