using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>
/// The innermost loops of every matrix product: R rows of A times a strip of two vectors of B's columns, accumulated in registers.
/// c[i, j] = (load ? c[i, j] : 0) + sum over k ascending of a[i, k] * b[k, j], one fused multiply-add after the other: the bits of an element
/// depend on neither R nor the place of the row in a tile.
/// </summary>
/// <remarks>
/// Steps are in bytes: a[i, k] lies at a + i*row + k*step, so that A may be read along its rows or, for gradients of weights, along its columns.
/// Only locals hold accumulators; the JIT keeps locals in registers but spills arrays. 12 rows need 27 registers (AVX-512, ARM), 6 rows fit in 16.
/// </remarks>
internal static unsafe class MicroKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows12<S, V, F>(byte* a, nint row, nint step, byte* b, nint bStep, int depth, float* c, nint cRow, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        V c0L = S.Zero, c0H = S.Zero;
        V c1L = S.Zero, c1H = S.Zero;
        V c2L = S.Zero, c2H = S.Zero;
        V c3L = S.Zero, c3H = S.Zero;
        V c4L = S.Zero, c4H = S.Zero;
        V c5L = S.Zero, c5H = S.Zero;
        V c6L = S.Zero, c6H = S.Zero;
        V c7L = S.Zero, c7H = S.Zero;
        V c8L = S.Zero, c8H = S.Zero;
        V c9L = S.Zero, c9H = S.Zero;
        V c10L = S.Zero, c10H = S.Zero;
        V c11L = S.Zero, c11H = S.Zero;
        if (load)
        {
            float* s = c;
            c0L = S.Load(s);
            c0H = S.Load(s + S.Lanes);
            s += cRow;
            c1L = S.Load(s);
            c1H = S.Load(s + S.Lanes);
            s += cRow;
            c2L = S.Load(s);
            c2H = S.Load(s + S.Lanes);
            s += cRow;
            c3L = S.Load(s);
            c3H = S.Load(s + S.Lanes);
            s += cRow;
            c4L = S.Load(s);
            c4H = S.Load(s + S.Lanes);
            s += cRow;
            c5L = S.Load(s);
            c5H = S.Load(s + S.Lanes);
            s += cRow;
            c6L = S.Load(s);
            c6H = S.Load(s + S.Lanes);
            s += cRow;
            c7L = S.Load(s);
            c7H = S.Load(s + S.Lanes);
            s += cRow;
            c8L = S.Load(s);
            c8H = S.Load(s + S.Lanes);
            s += cRow;
            c9L = S.Load(s);
            c9H = S.Load(s + S.Lanes);
            s += cRow;
            c10L = S.Load(s);
            c10H = S.Load(s + S.Lanes);
            s += cRow;
            c11L = S.Load(s);
            c11H = S.Load(s + S.Lanes);
        }

        nint row2 = 2 * row;
        nint row3 = 3 * row;
        nint row4 = 4 * row;
        nint row5 = 5 * row;
        byte* d = a + (6 * row);
        Prefetch(load ? c + (12 * cRow) : c, 12, cRow);
        for (int k = 0; k < depth; k++)
        {
            V low = F.Load<S, V>(b, 0);
            V high = F.Load<S, V>(b, S.Lanes);
            V x = S.Broadcast(*(float*)a);
            c0L = S.Fma(x, low, c0L);
            c0H = S.Fma(x, high, c0H);
            x = S.Broadcast(*(float*)(a + row));
            c1L = S.Fma(x, low, c1L);
            c1H = S.Fma(x, high, c1H);
            x = S.Broadcast(*(float*)(a + row2));
            c2L = S.Fma(x, low, c2L);
            c2H = S.Fma(x, high, c2H);
            x = S.Broadcast(*(float*)(a + row3));
            c3L = S.Fma(x, low, c3L);
            c3H = S.Fma(x, high, c3H);
            x = S.Broadcast(*(float*)(a + row4));
            c4L = S.Fma(x, low, c4L);
            c4H = S.Fma(x, high, c4H);
            x = S.Broadcast(*(float*)(a + row5));
            c5L = S.Fma(x, low, c5L);
            c5H = S.Fma(x, high, c5H);
            x = S.Broadcast(*(float*)d);
            c6L = S.Fma(x, low, c6L);
            c6H = S.Fma(x, high, c6H);
            x = S.Broadcast(*(float*)(d + row));
            c7L = S.Fma(x, low, c7L);
            c7H = S.Fma(x, high, c7H);
            x = S.Broadcast(*(float*)(d + row2));
            c8L = S.Fma(x, low, c8L);
            c8H = S.Fma(x, high, c8H);
            x = S.Broadcast(*(float*)(d + row3));
            c9L = S.Fma(x, low, c9L);
            c9H = S.Fma(x, high, c9H);
            x = S.Broadcast(*(float*)(d + row4));
            c10L = S.Fma(x, low, c10L);
            c10H = S.Fma(x, high, c10H);
            x = S.Broadcast(*(float*)(d + row5));
            c11L = S.Fma(x, low, c11L);
            c11H = S.Fma(x, high, c11H);
            a += step;
            d += step;
            b += bStep;
        }

        S.Store(c, c0L);
        S.Store(c + S.Lanes, c0H);
        c += cRow;
        S.Store(c, c1L);
        S.Store(c + S.Lanes, c1H);
        c += cRow;
        S.Store(c, c2L);
        S.Store(c + S.Lanes, c2H);
        c += cRow;
        S.Store(c, c3L);
        S.Store(c + S.Lanes, c3H);
        c += cRow;
        S.Store(c, c4L);
        S.Store(c + S.Lanes, c4H);
        c += cRow;
        S.Store(c, c5L);
        S.Store(c + S.Lanes, c5H);
        c += cRow;
        S.Store(c, c6L);
        S.Store(c + S.Lanes, c6H);
        c += cRow;
        S.Store(c, c7L);
        S.Store(c + S.Lanes, c7H);
        c += cRow;
        S.Store(c, c8L);
        S.Store(c + S.Lanes, c8H);
        c += cRow;
        S.Store(c, c9L);
        S.Store(c + S.Lanes, c9H);
        c += cRow;
        S.Store(c, c10L);
        S.Store(c + S.Lanes, c10H);
        c += cRow;
        S.Store(c, c11L);
        S.Store(c + S.Lanes, c11H);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows6<S, V, F>(byte* a, nint row, nint step, byte* b, nint bStep, int depth, float* c, nint cRow, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        V c0L = S.Zero, c0H = S.Zero;
        V c1L = S.Zero, c1H = S.Zero;
        V c2L = S.Zero, c2H = S.Zero;
        V c3L = S.Zero, c3H = S.Zero;
        V c4L = S.Zero, c4H = S.Zero;
        V c5L = S.Zero, c5H = S.Zero;
        if (load)
        {
            float* s = c;
            c0L = S.Load(s);
            c0H = S.Load(s + S.Lanes);
            s += cRow;
            c1L = S.Load(s);
            c1H = S.Load(s + S.Lanes);
            s += cRow;
            c2L = S.Load(s);
            c2H = S.Load(s + S.Lanes);
            s += cRow;
            c3L = S.Load(s);
            c3H = S.Load(s + S.Lanes);
            s += cRow;
            c4L = S.Load(s);
            c4H = S.Load(s + S.Lanes);
            s += cRow;
            c5L = S.Load(s);
            c5H = S.Load(s + S.Lanes);
        }

        nint row2 = 2 * row;
        nint row3 = 3 * row;
        nint row4 = 4 * row;
        nint row5 = 5 * row;
        Prefetch(load ? c + (6 * cRow) : c, 6, cRow);
        for (int k = 0; k < depth; k++)
        {
            V low = F.Load<S, V>(b, 0);
            V high = F.Load<S, V>(b, S.Lanes);
            V x = S.Broadcast(*(float*)a);
            c0L = S.Fma(x, low, c0L);
            c0H = S.Fma(x, high, c0H);
            x = S.Broadcast(*(float*)(a + row));
            c1L = S.Fma(x, low, c1L);
            c1H = S.Fma(x, high, c1H);
            x = S.Broadcast(*(float*)(a + row2));
            c2L = S.Fma(x, low, c2L);
            c2H = S.Fma(x, high, c2H);
            x = S.Broadcast(*(float*)(a + row3));
            c3L = S.Fma(x, low, c3L);
            c3H = S.Fma(x, high, c3H);
            x = S.Broadcast(*(float*)(a + row4));
            c4L = S.Fma(x, low, c4L);
            c4H = S.Fma(x, high, c4H);
            x = S.Broadcast(*(float*)(a + row5));
            c5L = S.Fma(x, low, c5L);
            c5H = S.Fma(x, high, c5H);
            a += step;
            b += bStep;
        }

        S.Store(c, c0L);
        S.Store(c + S.Lanes, c0H);
        c += cRow;
        S.Store(c, c1L);
        S.Store(c + S.Lanes, c1H);
        c += cRow;
        S.Store(c, c2L);
        S.Store(c + S.Lanes, c2H);
        c += cRow;
        S.Store(c, c3L);
        S.Store(c + S.Lanes, c3H);
        c += cRow;
        S.Store(c, c4L);
        S.Store(c + S.Lanes, c4H);
        c += cRow;
        S.Store(c, c5L);
        S.Store(c + S.Lanes, c5H);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows4<S, V, F>(byte* a, nint row, nint step, byte* b, nint bStep, int depth, float* c, nint cRow, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        V c0L = S.Zero, c0H = S.Zero;
        V c1L = S.Zero, c1H = S.Zero;
        V c2L = S.Zero, c2H = S.Zero;
        V c3L = S.Zero, c3H = S.Zero;
        if (load)
        {
            float* s = c;
            c0L = S.Load(s);
            c0H = S.Load(s + S.Lanes);
            s += cRow;
            c1L = S.Load(s);
            c1H = S.Load(s + S.Lanes);
            s += cRow;
            c2L = S.Load(s);
            c2H = S.Load(s + S.Lanes);
            s += cRow;
            c3L = S.Load(s);
            c3H = S.Load(s + S.Lanes);
        }

        nint row2 = 2 * row;
        nint row3 = 3 * row;
        for (int k = 0; k < depth; k++)
        {
            V low = F.Load<S, V>(b, 0);
            V high = F.Load<S, V>(b, S.Lanes);
            V x = S.Broadcast(*(float*)a);
            c0L = S.Fma(x, low, c0L);
            c0H = S.Fma(x, high, c0H);
            x = S.Broadcast(*(float*)(a + row));
            c1L = S.Fma(x, low, c1L);
            c1H = S.Fma(x, high, c1H);
            x = S.Broadcast(*(float*)(a + row2));
            c2L = S.Fma(x, low, c2L);
            c2H = S.Fma(x, high, c2H);
            x = S.Broadcast(*(float*)(a + row3));
            c3L = S.Fma(x, low, c3L);
            c3H = S.Fma(x, high, c3H);
            a += step;
            b += bStep;
        }

        S.Store(c, c0L);
        S.Store(c + S.Lanes, c0H);
        c += cRow;
        S.Store(c, c1L);
        S.Store(c + S.Lanes, c1H);
        c += cRow;
        S.Store(c, c2L);
        S.Store(c + S.Lanes, c2H);
        c += cRow;
        S.Store(c, c3L);
        S.Store(c + S.Lanes, c3H);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows2<S, V, F>(byte* a, nint row, nint step, byte* b, nint bStep, int depth, float* c, nint cRow, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        V c0L = S.Zero, c0H = S.Zero;
        V c1L = S.Zero, c1H = S.Zero;
        if (load)
        {
            float* s = c;
            c0L = S.Load(s);
            c0H = S.Load(s + S.Lanes);
            s += cRow;
            c1L = S.Load(s);
            c1H = S.Load(s + S.Lanes);
        }

        for (int k = 0; k < depth; k++)
        {
            V low = F.Load<S, V>(b, 0);
            V high = F.Load<S, V>(b, S.Lanes);
            V x = S.Broadcast(*(float*)a);
            c0L = S.Fma(x, low, c0L);
            c0H = S.Fma(x, high, c0H);
            x = S.Broadcast(*(float*)(a + row));
            c1L = S.Fma(x, low, c1L);
            c1H = S.Fma(x, high, c1H);
            a += step;
            b += bStep;
        }

        S.Store(c, c0L);
        S.Store(c + S.Lanes, c0H);
        c += cRow;
        S.Store(c, c1L);
        S.Store(c + S.Lanes, c1H);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rows1<S, V, F>(byte* a, nint row, nint step, byte* b, nint bStep, int depth, float* c, nint cRow, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        V c0L = S.Zero, c0H = S.Zero;
        if (load)
        {
            float* s = c;
            c0L = S.Load(s);
            c0H = S.Load(s + S.Lanes);
        }

        for (int k = 0; k < depth; k++)
        {
            V low = F.Load<S, V>(b, 0);
            V high = F.Load<S, V>(b, S.Lanes);
            V x = S.Broadcast(*(float*)a);
            c0L = S.Fma(x, low, c0L);
            c0H = S.Fma(x, high, c0H);
            a += step;
            b += bStep;
        }

        S.Store(c, c0L);
        S.Store(c + S.Lanes, c0H);
    }

    /// <summary>
    /// One row times four strips that lie anywhere (c is contiguous): eight chains, so that a product with one row waits for memory and not for sums.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Row1Strips4<S, V, F>(byte* a, nint step, byte* b0, byte* b1, byte* b2, byte* b3, nint bStep, int depth, float* c, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        V c0L = S.Zero, c0H = S.Zero;
        V c1L = S.Zero, c1H = S.Zero;
        V c2L = S.Zero, c2H = S.Zero;
        V c3L = S.Zero, c3H = S.Zero;
        if (load)
        {
            c0L = S.Load(c + (0 * S.Lanes));
            c0H = S.Load(c + (1 * S.Lanes));
            c1L = S.Load(c + (2 * S.Lanes));
            c1H = S.Load(c + (3 * S.Lanes));
            c2L = S.Load(c + (4 * S.Lanes));
            c2H = S.Load(c + (5 * S.Lanes));
            c3L = S.Load(c + (6 * S.Lanes));
            c3H = S.Load(c + (7 * S.Lanes));
        }

        nint offset = 0;
        for (int k = 0; k < depth; k++)
        {
            V x = S.Broadcast(*(float*)a);
            c0L = S.Fma(x, F.Load<S, V>(b0 + offset, 0), c0L);
            c0H = S.Fma(x, F.Load<S, V>(b0 + offset, S.Lanes), c0H);
            c1L = S.Fma(x, F.Load<S, V>(b1 + offset, 0), c1L);
            c1H = S.Fma(x, F.Load<S, V>(b1 + offset, S.Lanes), c1H);
            c2L = S.Fma(x, F.Load<S, V>(b2 + offset, 0), c2L);
            c2H = S.Fma(x, F.Load<S, V>(b2 + offset, S.Lanes), c2H);
            c3L = S.Fma(x, F.Load<S, V>(b3 + offset, 0), c3L);
            c3H = S.Fma(x, F.Load<S, V>(b3 + offset, S.Lanes), c3H);
            a += step;
            offset += bStep;
        }

        S.Store(c + (0 * S.Lanes), c0L);
        S.Store(c + (1 * S.Lanes), c0H);
        S.Store(c + (2 * S.Lanes), c1L);
        S.Store(c + (3 * S.Lanes), c1H);
        S.Store(c + (4 * S.Lanes), c2L);
        S.Store(c + (5 * S.Lanes), c2H);
        S.Store(c + (6 * S.Lanes), c3L);
        S.Store(c + (7 * S.Lanes), c3H);
    }

    /// <summary>
    /// Asks for the lines of C early: those of this tile when it is only stored, after the loop, else those of the tile that comes next.
    /// Without it a tile of depth 256 took a seventh longer.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* c, int rows, nint cRow)
    {
        if (Sse.IsSupported)
        {
            for (int i = 0; i < rows; i++, c += cRow)
            {
                Sse.Prefetch0(c);
                Sse.Prefetch0(c + 16);
            }
        }
    }
}
