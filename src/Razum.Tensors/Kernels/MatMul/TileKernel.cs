using System.Runtime.CompilerServices;
using Razum.Tensors.Formats;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>
/// The innermost loops of products with block formats, written in vectors of the instruction set: rows of activations times two vectors of a panel's outputs.
/// An output is one chain over the parts of 32 values (over their halves where these have scales of their own), ascending: c = fma(sum of byte products, weight scale * x scale, c), with minima followed by
/// c = fma(minimum, -sum of x, c). The byte products are exact integers, so every variant, machine code too, gives the same bits.
/// </summary>
internal static unsafe class TileKernel
{
    /// <summary>Rows of <see cref="Rows4"/>.</summary>
    internal const int Rows = 4;

    /// <summary>Four rows; see <see cref="Rows1"/>. <paramref name="stride"/> in blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows4<S, V, F>(ActivationBlock* x, nint stride, byte* tile, int tiles, int lane, float* c, nint cRow, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, ITiledBlock
    {
        float* c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
        V s0L = Begin<S, V>(c, load), s0H = Begin<S, V>(c + S.Lanes, load);
        V s1L = Begin<S, V>(c1, load), s1H = Begin<S, V>(c1 + S.Lanes, load);
        V s2L = Begin<S, V>(c2, load), s2H = Begin<S, V>(c2 + S.Lanes, load);
        V s3L = Begin<S, V>(c3, load), s3H = Begin<S, V>(c3 + S.Lanes, load);
        for (int t = 0; t < tiles; t++, tile += Tile<F>.Bytes)
        {
            for (int part = 0; part < Tile<F>.Parts; part++, x++)
            {
                ActivationBlock* x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride;
                for (int run = 0; run < F.Runs; run++)
                {
                    V i0L = Start<S, V, F>(x, run), i1L = Start<S, V, F>(x1, run), i2L = Start<S, V, F>(x2, run), i3L = Start<S, V, F>(x3, run);
                    V i0H = i0L, i1H = i1L, i2H = i2L, i3H = i3L;
                    for (int pair = run * (4 / F.Runs); pair < (run + 1) * (4 / F.Runs); pair++)
                    {
                        int k = 2 * pair;
                        V low = Tile<F>.First<S, V>(tile, part, pair, lane), high = Tile<F>.First<S, V>(tile, part, pair, lane + S.Lanes);
                        Dot<S, V>(low, high, x, k, ref i0L, ref i0H);
                        Dot<S, V>(low, high, x1, k, ref i1L, ref i1H);
                        Dot<S, V>(low, high, x2, k, ref i2L, ref i2H);
                        Dot<S, V>(low, high, x3, k, ref i3L, ref i3H);
                        (low, high) = (Tile<F>.Second<S, V>(tile, part, pair, lane), Tile<F>.Second<S, V>(tile, part, pair, lane + S.Lanes));
                        Dot<S, V>(low, high, x, k + 1, ref i0L, ref i0H);
                        Dot<S, V>(low, high, x1, k + 1, ref i1L, ref i1H);
                        Dot<S, V>(low, high, x2, k + 1, ref i2L, ref i2H);
                        Dot<S, V>(low, high, x3, k + 1, ref i3L, ref i3H);
                    }

                    V scale = Tile<F>.Scale<S, V>(tile, part, run, lane), minimum = Least<S, V, F>(tile, part, lane);
                    s0L = Add<S, V, F>(s0L, i0L, scale, minimum, x);
                    s1L = Add<S, V, F>(s1L, i1L, scale, minimum, x1);
                    s2L = Add<S, V, F>(s2L, i2L, scale, minimum, x2);
                    s3L = Add<S, V, F>(s3L, i3L, scale, minimum, x3);
                    (scale, minimum) = (Tile<F>.Scale<S, V>(tile, part, run, lane + S.Lanes), Least<S, V, F>(tile, part, lane + S.Lanes));
                    s0H = Add<S, V, F>(s0H, i0H, scale, minimum, x);
                    s1H = Add<S, V, F>(s1H, i1H, scale, minimum, x1);
                    s2H = Add<S, V, F>(s2H, i2H, scale, minimum, x2);
                    s3H = Add<S, V, F>(s3H, i3H, scale, minimum, x3);
                }
            }
        }

        Store<S, V>(c, s0L, s0H);
        Store<S, V>(c1, s1L, s1H);
        Store<S, V>(c2, s2L, s2H);
        Store<S, V>(c3, s3L, s3H);
    }

    /// <summary>
    /// c[j] = (load ? c[j] : 0) + x times outputs [lane, lane + two vectors) of a panel, for the columns of <paramref name="tiles"/> tiles from
    /// <paramref name="tile"/> on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows1<S, V, F>(ActivationBlock* x, byte* tile, int tiles, int lane, float* c, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, ITiledBlock
    {
        V low = Begin<S, V>(c, load), high = Begin<S, V>(c + S.Lanes, load);
        for (int t = 0; t < tiles; t++, tile += Tile<F>.Bytes)
        {
            for (int part = 0; part < Tile<F>.Parts; part++, x++)
            {
                for (int run = 0; run < F.Runs; run++)
                {
                    V sumL = Start<S, V, F>(x, run), sumH = sumL;
                    for (int pair = run * (4 / F.Runs); pair < (run + 1) * (4 / F.Runs); pair++)
                    {
                        Dot<S, V>(Tile<F>.First<S, V>(tile, part, pair, lane), Tile<F>.First<S, V>(tile, part, pair, lane + S.Lanes), x, 2 * pair, ref sumL, ref sumH);
                        Dot<S, V>(Tile<F>.Second<S, V>(tile, part, pair, lane), Tile<F>.Second<S, V>(tile, part, pair, lane + S.Lanes), x, (2 * pair) + 1, ref sumL, ref sumH);
                    }

                    low = Add<S, V, F>(low, sumL, Tile<F>.Scale<S, V>(tile, part, run, lane), Least<S, V, F>(tile, part, lane), x);
                    high = Add<S, V, F>(high, sumH, Tile<F>.Scale<S, V>(tile, part, run, lane + S.Lanes), Least<S, V, F>(tile, part, lane + S.Lanes), x);
                }
            }
        }

        Store<S, V>(c, low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Begin<S, V>(float* c, bool load)
        where S : struct, ISimd<V>
        where V : struct => load ? S.Load(c) : S.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Start<S, V, F>(ActivationBlock* x, int run)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, ITiledBlock => F.HasMinimum
        ? S.Zero
        : S.Broadcast(BitConverter.Int32BitsToSingle((F.Runs == 1 ? x->Offset : x->HalfOffsets[run]) >> Tile<F>.ExcessShift));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Least<S, V, F>(byte* tile, int part, int lane)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, ITiledBlock => F.HasMinimum ? Tile<F>.Minimum<S, V>(tile, part, lane) : S.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Dot<S, V>(V low, V high, ActivationBlock* x, int group, ref V sumL, ref V sumH)
        where S : struct, ISimd<V>
        where V : struct
    {
        V four = S.Broadcast(((float*)x)[group]); // four bytes, moved as they are
        sumL = S.DotBytes(sumL, low, four);
        sumH = S.DotBytes(sumH, high, four);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Add<S, V, F>(V c, V sum, V scale, V minimum, ActivationBlock* x)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, ITiledBlock
    {
        c = S.Fma(S.ToFloat(sum), S.Multiply(scale, S.Broadcast(x->Scale)), c);
        return F.HasMinimum ? S.Fma(minimum, S.Broadcast(x->NegatedSum), c) : c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<S, V>(float* c, V low, V high)
        where S : struct, ISimd<V>
        where V : struct
    {
        S.Store(c, low);
        S.Store(c + S.Lanes, high);
    }
}
