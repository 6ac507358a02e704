using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Kernels;

/// <summary>
/// Scores of four rows and a tile of keys, and their online softmax. Keys are read as they lie in memory, a row after another, each row once for all
/// four queries. A score is one chain of fused multiply-adds in every lane and then the sum over the lanes, in the same order for every row and key.
/// </summary>
internal static unsafe partial class AttentionTile
{
    private const int LineFloats = 16;

    /// <summary>
    /// scores[i * 32 + j] = q[i, :] . keys[j, :] for four rows i and keys j from <paramref name="from"/> up to <paramref name="to"/>; others are finite and mean nothing.
    /// <paramref name="width"/> is a multiple of the lanes.
    /// </summary>
    /// <param name="ahead">The tile that will be read next, at the same stride: asked for meanwhile. May be null.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Scores<S, V>(float* q, int qStride, int width, float* keys, nint keyStride, int from, int to, float* ahead, float* scores)
        where S : struct, ISimd<V>
        where V : struct
    {
        if (to - from < Keys)
        {
            new Span<float>(scores, Rows * Keys).Clear();
        }

        for (int j = from / Rows * Rows; j < to; j += Rows)
        {
            if (ahead != null)
            {
                Ask(ahead + (j * keyStride), keyStride, width);
            }

            float* k0 = keys + (j * keyStride);
            float* k1 = keys + (Math.Min(j + 1, to - 1) * keyStride);
            float* k2 = keys + (Math.Min(j + 2, to - 1) * keyStride);
            float* k3 = keys + (Math.Min(j + 3, to - 1) * keyStride);
            if (S.Lanes >= 16)
            {
                DotFour<S, V>(q, qStride, width, k0, k1, k2, k3, scores + j);
            }
            else
            {
                DotTwo<S, V>(q, qStride, width, k0, k1, k2, k3, scores + j);
                DotTwo<S, V>(q + (2 * qStride), qStride, width, k0, k1, k2, k3, scores + (2 * Keys) + j);
            }
        }
    }

    /// <summary>
    /// A step of online softmax of four rows. scores [4, 32] become exp(score - max), 0 outside the visible keys [from[i], to[i]); max and sum [4] are brought up to date.
    /// A row that sees none of the keys stays as it is.
    /// </summary>
    /// <param name="scale">What the rows' outputs so far are to be multiplied by. [4], with room for a vector</param>
    public static void Soften<S, V>(float* scores, int* from, int* to, float* max, float* sum, float* scale)
        where S : struct, ISimd<V>
        where V : struct
    {
        Vector128<float> old = Vector128.Load(max);
        Vector128<float> highest = Vector128.Max(old, S.Maxima(
            Mask<S, V>(scores, from[0], to[0]),
            Mask<S, V>(scores + Keys, from[1], to[1]),
            Mask<S, V>(scores + (2 * Keys), from[2], to[2]),
            Mask<S, V>(scores + (3 * Keys), from[3], to[3])));
        highest.Store(max);
        (old - highest).Store(scale);
        for (int i = 0; i < Rows; i += S.Lanes)
        {
            S.Store(scale + i, S.Exp(S.Load(scale + i)));
        }

        Vector128<float> sums = S.Sums(
            Weigh<S, V>(scores, max[0]),
            Weigh<S, V>(scores + Keys, max[1]),
            Weigh<S, V>(scores + (2 * Keys), max[2]),
            Weigh<S, V>(scores + (3 * Keys), max[3]));
        ((Vector128.Load(sum) * Vector128.Load(scale)) + sums).Store(sum);
    }

    /// <summary>Hides the keys outside [from, to) of a row of scores. Gives the greatest of every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Mask<S, V>(float* scores, int from, int to)
        where S : struct, ISimd<V>
        where V : struct
    {
        V max = S.Broadcast(float.NegativeInfinity);
        if (from == 0 && to == Keys)
        {
            for (int j = 0; j < Keys; j += S.Lanes)
            {
                max = S.Max(max, S.Load(scores + j));
            }

            return max;
        }

        float* before = MaskBefore(from);
        float* after = MaskFrom(Math.Max(from, to));
        for (int j = 0; j < Keys; j += S.Lanes)
        {
            V score = S.Add(S.Add(S.Load(scores + j), S.Load(before + j)), S.Load(after + j));
            S.Store(scores + j, score);
            max = S.Max(max, score);
        }

        return max;
    }

    /// <summary>scores = exp(scores - max). Gives the sum of every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Weigh<S, V>(float* scores, float max)
        where S : struct, ISimd<V>
        where V : struct
    {
        V highest = S.Broadcast(max);
        V sum = S.Zero;
        for (int j = 0; j < Keys; j += S.Lanes)
        {
            V weight = S.Exp(S.Subtract(S.Load(scores + j), highest));
            S.Store(scores + j, weight);
            sum = S.Add(sum, weight);
        }

        return sum;
    }

    /// <summary>Four rows and four keys: for 32 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DotFour<S, V>(float* q, nint qStride, int width, float* k0, float* k1, float* k2, float* k3, float* scores)
        where S : struct, ISimd<V>
        where V : struct
    {
        V s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero, s10 = S.Zero, s11 = S.Zero, s12 = S.Zero, s13 = S.Zero;
        V s20 = S.Zero, s21 = S.Zero, s22 = S.Zero, s23 = S.Zero, s30 = S.Zero, s31 = S.Zero, s32 = S.Zero, s33 = S.Zero;
        float* q1 = q + qStride;
        float* q2 = q1 + qStride;
        float* q3 = q2 + qStride;
        for (nint c = 0; c < width; c += S.Lanes)
        {
            V b0 = S.Load(k0 + c), b1 = S.Load(k1 + c), b2 = S.Load(k2 + c), b3 = S.Load(k3 + c);
            V a = S.Load(q + c);
            (s00, s01, s02, s03) = (S.Fma(a, b0, s00), S.Fma(a, b1, s01), S.Fma(a, b2, s02), S.Fma(a, b3, s03));
            a = S.Load(q1 + c);
            (s10, s11, s12, s13) = (S.Fma(a, b0, s10), S.Fma(a, b1, s11), S.Fma(a, b2, s12), S.Fma(a, b3, s13));
            a = S.Load(q2 + c);
            (s20, s21, s22, s23) = (S.Fma(a, b0, s20), S.Fma(a, b1, s21), S.Fma(a, b2, s22), S.Fma(a, b3, s23));
            a = S.Load(q3 + c);
            (s30, s31, s32, s33) = (S.Fma(a, b0, s30), S.Fma(a, b1, s31), S.Fma(a, b2, s32), S.Fma(a, b3, s33));
        }

        S.Sums(s00, s01, s02, s03).Store(scores);
        S.Sums(s10, s11, s12, s13).Store(scores + Keys);
        S.Sums(s20, s21, s22, s23).Store(scores + (2 * Keys));
        S.Sums(s30, s31, s32, s33).Store(scores + (3 * Keys));
    }

    /// <summary>Two rows and four keys: for 16 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DotTwo<S, V>(float* q, nint qStride, int width, float* k0, float* k1, float* k2, float* k3, float* scores)
        where S : struct, ISimd<V>
        where V : struct
    {
        V s00 = S.Zero, s01 = S.Zero, s02 = S.Zero, s03 = S.Zero, s10 = S.Zero, s11 = S.Zero, s12 = S.Zero, s13 = S.Zero;
        float* q1 = q + qStride;
        for (nint c = 0; c < width; c += S.Lanes)
        {
            V a0 = S.Load(q + c), a1 = S.Load(q1 + c);
            V b = S.Load(k0 + c);
            (s00, s10) = (S.Fma(a0, b, s00), S.Fma(a1, b, s10));
            b = S.Load(k1 + c);
            (s01, s11) = (S.Fma(a0, b, s01), S.Fma(a1, b, s11));
            b = S.Load(k2 + c);
            (s02, s12) = (S.Fma(a0, b, s02), S.Fma(a1, b, s12));
            b = S.Load(k3 + c);
            (s03, s13) = (S.Fma(a0, b, s03), S.Fma(a1, b, s13));
        }

        S.Sums(s00, s01, s02, s03).Store(scores);
        S.Sums(s10, s11, s12, s13).Store(scores + Keys);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask(float* row, nint stride, int width)
    {
        if (Sse.IsSupported)
        {
            for (int i = 0; i < Rows; i++, row += stride)
            {
                for (nint c = 0; c < width; c += LineFloats)
                {
                    Sse.Prefetch0(row + c);
                }
            }
        }
    }
}
