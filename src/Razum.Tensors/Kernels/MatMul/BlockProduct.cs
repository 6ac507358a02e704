using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>
/// One piece of a product on one thread: blocks of the contraction index that keep operands in the caches, blocks of rows, panels, tiles.
/// Partial sums wait in C between two blocks of the contraction, which continues every element's chain where it stopped.
/// </summary>
internal static unsafe class BlockProduct
{
    private const int MaxDepth = 512;
    private const int RowBlock = 96;

    /// <summary>Below this many rows, rows of B are read where they lie: making panels would cost more than it saves.</summary>
    private const int FewestPackedRows = 8;

    /// <summary>
    /// c[i, j - from] = (accumulate ? c : 0) + sum over k of a[i, k] b[k, j] for columns j in [from, to) of panels that hold the whole depth.
    /// </summary>
    internal static void Packed<S, V, F>(
        in LeftOperand a, int rows, byte* panels, nint panelBytes, int from, int to, int depth, float* c, nint cRow, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        int block = DepthBlock(depth);
        nint step = Panel.Width * F.Size;
        int k = 0;
        do
        {
            int count = Math.Min(block, depth - k);
            Sweep<S, V, F>(a.From(0, k), rows, panels + (k * step), panelBytes, step, from, to, count, c, cRow, accumulate || k > 0);
            k += count;
        }
        while (k < depth);
    }

    /// <summary>
    /// The same with b[k, j] stored by rows (row k, or row gather[k], <paramref name="stride"/> values apart): panels are made on the way,
    /// unless there are few rows.
    /// </summary>
    internal static void Rows<S, V, F>(
        in LeftOperand a, int rows, byte* b, nint stride, int* gather, int from, int to, int depth, float* c, nint cRow, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        if (rows < FewestPackedRows && gather == null)
        {
            int direct = (to - from) / (2 * S.Lanes) * (2 * S.Lanes);
            Sweep<S, V, F>(a, rows, b + (from * F.Size), Panel.Width * F.Size, stride * F.Size, 0, direct, depth, c, cRow, accumulate);
            from += direct;
            c += direct;
        }

        int block = DepthBlock(depth);
        int panelCount = Panel.Count(to - from);
        if (panelCount == 0)
        {
            return;
        }

        nint panelValues = (nint)block * Panel.Width;
        float* panels = ThreadScratch.Panels(panelValues * panelCount);
        int k = 0;
        do
        {
            int count = Math.Min(block, depth - k);
            for (int p = 0; p < panelCount; p++)
            {
                int column = from + (p * Panel.Width);
                byte* source = b + (((gather == null ? k * stride : 0) + column) * F.Size);
                Panel.Copy<F>(source, stride, gather == null ? null : gather + k, Math.Min(Panel.Width, to - column), count, panels + (p * panelValues));
            }

            Sweep<S, V, Float32Panel>(
                a.From(0, k), rows, (byte*)panels, panelValues * sizeof(float), Panel.Width * sizeof(float), 0, to - from, count, c, cRow, accumulate || k > 0);
            k += count;
        }
        while (k < depth);
    }

    /// <summary>Equal blocks of the contraction index, none longer than what keeps four panels and a block of rows in the second-level cache.</summary>
    private static int DepthBlock(int depth)
    {
        int blocks = Math.Max(1, (depth + MaxDepth - 1) / MaxDepth);
        return Math.Max(1, (depth + blocks - 1) / blocks);
    }

    /// <summary>One block of the contraction for all rows and columns; steps from panel to panel and within a panel in bytes.</summary>
    private static void Sweep<S, V, F>(
        in LeftOperand a, int rows, byte* panels, nint panelBytes, nint bStep, int from, int to, int depth, float* c, nint cRow, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        int strip = 2 * S.Lanes;
        for (int row = 0; row < rows; row += RowBlock)
        {
            int count = Math.Min(RowBlock, rows - row);
            LeftOperand block = a.From(row, 0);
            if (a.IsTransposed)
            {
                long tiles = (count + LeftOperand.TileRows - 1) / LeftOperand.TileRows;
                block = block.Copy(count, depth, ThreadScratch.Left(tiles * LeftOperand.TileRows * depth));
            }

            float* target = c + (row * cRow) - from;
            int column = from / strip * strip;
            if (rows == 1 && column == from)
            {
                for (; column + (4 * strip) <= to; column += 4 * strip)
                {
                    byte* b0 = StripAt<F>(panels, panelBytes, column);
                    byte* b1 = StripAt<F>(panels, panelBytes, column + strip);
                    byte* b2 = StripAt<F>(panels, panelBytes, column + (2 * strip));
                    byte* b3 = StripAt<F>(panels, panelBytes, column + (3 * strip));
                    MicroKernel.Row1Strips4<S, V, F>(a.Data, a.Step, b0, b1, b2, b3, bStep, depth, target + column, load);
                }
            }

            for (; column < to; column += strip)
            {
                byte* b = StripAt<F>(panels, panelBytes, column);
                if (column >= from && column + strip <= to)
                {
                    Strip<S, V, F>(block, count, b, bStep, depth, target + column, cRow, load);
                }
                else
                {
                    EdgeStrip<S, V, F>(block, count, b, bStep, depth, target + column, cRow, load, Math.Max(0, from - column), Math.Min(strip, to - column));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* StripAt<F>(byte* panels, nint panelBytes, int column)
        where F : struct, IPanelFormat => panels + (column / Panel.Width * panelBytes) + (column % Panel.Width * F.Size);

    /// <summary>All rows of one strip.</summary>
    private static void Strip<S, V, F>(in LeftOperand a, int rows, byte* b, nint bStep, int depth, float* c, nint cRow, bool load)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        nint row = a.Row;
        nint step = a.Step;
        int i = 0;
        if (S.Lanes == 16 || AdvSimd.Arm64.IsSupported)
        {
            for (; i + 12 <= rows; i += 12)
            {
                if (load && Sse.IsSupported)
                {
                    Prefetch(c + ((i + 12) * cRow), cRow);
                }

                MicroKernel.Rows12<S, V, F>(a.At(i), row, step, b, bStep, depth, c + (i * cRow), cRow, load);
            }
        }

        for (; i + 6 <= rows; i += 6)
        {
            MicroKernel.Rows6<S, V, F>(a.At(i), row, step, b, bStep, depth, c + (i * cRow), cRow, load);
        }

        if (i + 4 <= rows)
        {
            MicroKernel.Rows4<S, V, F>(a.At(i), row, step, b, bStep, depth, c + (i * cRow), cRow, load);
            i += 4;
        }

        if (i + 2 <= rows)
        {
            MicroKernel.Rows2<S, V, F>(a.At(i), row, step, b, bStep, depth, c + (i * cRow), cRow, load);
            i += 2;
        }

        if (i < rows)
        {
            MicroKernel.Rows1<S, V, F>(a.At(i), row, step, b, bStep, depth, c + (i * cRow), cRow, load);
        }
    }

    /// <summary>Asks for the part of C that the next tile adds to.</summary>
    private static void Prefetch(float* c, nint cRow)
    {
        for (int i = 0; i < LeftOperand.TileRows; i++, c += cRow)
        {
            Sse.Prefetch0(c);
            Sse.Prefetch0(c + 16);
        }
    }

    /// <summary>A strip of which only columns [first, last) exist in C: computed in a tile of its own and copied.</summary>
    [SkipLocalsInit]
    private static void EdgeStrip<S, V, F>(in LeftOperand a, int rows, byte* b, nint bStep, int depth, float* c, nint cRow, bool load, int first, int last)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        float* tile = stackalloc float[LeftOperand.TileRows * Panel.Width];
        int width = 2 * S.Lanes;
        for (int row = 0; row < rows; row += LeftOperand.TileRows)
        {
            int count = Math.Min(LeftOperand.TileRows, rows - row);
            for (int i = 0; load && i < count; i++)
            {
                for (int j = 0; j < width; j++)
                {
                    tile[(i * width) + j] = j >= first && j < last ? c[((row + i) * cRow) + j] : 0;
                }
            }

            Strip<S, V, F>(a.From(row, 0), count, b, bStep, depth, tile, width, load);
            for (int i = 0; i < count; i++)
            {
                for (int j = first; j < last; j++)
                {
                    c[((row + i) * cRow) + j] = tile[(i * width) + j];
                }
            }
        }
    }
}
