using System.Runtime.CompilerServices;
using Razum.Tensors.Formats;
using Razum.Tensors.Jit;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>One piece of a product with a weight in a block format, on one thread.</summary>
internal static unsafe class TileProduct
{
    /// <summary>Values of the contraction that a panel's tiles may have to stay in the first-level cache while many rows pass.</summary>
    private const int DepthBlock = 512;

    private const int EdgeRows = 24;

    /// <summary>Bytes that few rows read ahead: unpacking leaves the processor no room to look so far by itself, and whole bytes come a little faster so, too.</summary>
    private const int StreamAhead = 4096;

    /// <summary>With more rows multiplying takes so much longer than reading that it need not read ahead.</summary>
    private const int MostAheadRows = 96;

    /// <summary>
    /// c[i, j - from] = x_i W_j for outputs j in [from, to): integer products of bytes, chains as in <see cref="TileKernel"/>.
    /// x in blocks, <paramref name="stride"/> blocks from row to row.
    /// </summary>
    [SkipLocalsInit]
    internal static void Multiply<S, V, F>(ActivationBlock* x, nint stride, int rows, BlockTiles tiles, int from, int to, float* c, nint cRow)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, ITiledBlock
    {
        float* edge = stackalloc float[EdgeRows * BlockTiles.Lanes];
        for (int first = from / BlockTiles.Lanes * BlockTiles.Lanes; first < to; first += BlockTiles.Lanes)
        {
            if (S.UsesMachineCode && rows <= TileCode<F>.MaxRows && first >= from && first + BlockTiles.Lanes <= to)
            {
                int panels = (to - first) / BlockTiles.Lanes;
                Stream<F>(x, stride, rows, tiles, first / BlockTiles.Lanes, panels, c + (first - from), cRow);
                first += (panels - 1) * BlockTiles.Lanes;
                continue;
            }

            byte* panel = tiles.Tile(first / BlockTiles.Lanes, 0);
            (int begin, int end) = (Math.Max(first, from), Math.Min(first + BlockTiles.Lanes, to));
            if (end - begin == BlockTiles.Lanes)
            {
                Panel<S, V, F>(x, stride, rows, panel, tiles.Count, c + (begin - from), cRow);
                continue;
            }

            for (int row = 0; row < rows; row += EdgeRows)
            {
                int count = Math.Min(EdgeRows, rows - row);
                Panel<S, V, F>(x + (row * stride), stride, count, panel, tiles.Count, edge, BlockTiles.Lanes);
                for (int i = 0; i < count; i++)
                {
                    new ReadOnlySpan<float>(edge + (i * BlockTiles.Lanes) + (begin - first), end - begin)
                        .CopyTo(new Span<float>(c + ((row + i) * cRow) + (begin - from), end - begin));
                }
            }
        }
    }

    /// <summary>The same with a weight, from its tiles; or without them, where it stays as it is stored, its blocks put into tiles panel by panel.</summary>
    internal static void Multiply<S, V>(ActivationBlock* x, nint stride, int rows, Weight w, BlockTiles? tiles, int from, int to, float* c, nint cRow)
        where S : struct, ISimd<V>
        where V : struct
    {
        if (tiles is null)
        {
            MultiplyStored<S, V>(x, stride, rows, w, from, to, c, cRow);
        }
        else
        {
            tiles.Format.Multiply<S, V>(x, stride, rows, tiles, from, to, c, cRow);
        }
    }

    private static void MultiplyStored<S, V>(ActivationBlock* x, nint stride, int rows, Weight w, int from, int to, float* c, nint cRow)
        where S : struct, ISimd<V>
        where V : struct
    {
        for (int first = from / BlockTiles.Lanes * BlockTiles.Lanes; first < to; first += BlockTiles.Lanes)
        {
            BlockTiles panel = BlockTiles.Panel(w, first / BlockTiles.Lanes);
            (int begin, int end) = (Math.Max(first, from), Math.Min(first + BlockTiles.Lanes, to));
            panel.Format.Multiply<S, V>(x, stride, rows, panel, begin - first, end - first, c + (begin - from), cRow);
        }
    }

    /// <summary>
    /// c[i, j - from] = (accumulate ? c : 0) + sum over n of a[i, n] W[first + n, j] for columns j in [from, to), in F32 with values that are dequantised on
    /// the way: chains of fused multiply-adds over n, ascending. <paramref name="from"/> is a multiple of 32.
    /// </summary>
    internal static void Rows<S, V>(
        in LeftOperand a, int rows, BlockTiles tiles, int first, int depth, int from, int to, float* c, nint cRow, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
    {
        int panels = MatMul.Panel.Count(to - from);
        nint panelValues = (nint)Math.Min(depth, DepthBlock) * MatMul.Panel.Width;
        float* memory = ThreadScratch.Panels(panelValues * panels);
        for (int n = 0; n < depth; n += DepthBlock)
        {
            int count = Math.Min(DepthBlock, depth - n);
            for (int p = 0; p < panels; p++)
            {
                Dequantise(tiles, first + n, count, from + (p * MatMul.Panel.Width), memory + (p * panelValues));
            }

            BlockProduct.Packed<S, V, Float32Panel>(
                a.From(0, n), rows, (byte*)memory, panelValues * sizeof(float), 0, to - from, count, c, cRow, accumulate || n > 0);
        }
    }

    /// <summary>target[n] = 32 values of row first + n from column <paramref name="column"/> on.</summary>
    private static void Dequantise(BlockTiles tiles, int first, int count, int column, float* target)
    {
        BlockFormat format = tiles.Format;
        for (int row = first; row < first + count;)
        {
            int lane = row % BlockTiles.Lanes;
            int rows = Math.Min(BlockTiles.Lanes - lane, first + count - row);
            byte* tile = tiles.Tile(row / BlockTiles.Lanes, column / format.Values);
            format.Unpack(tile, column % format.Values / ActivationBlock.Size, lane, rows, target + ((nint)(row - first) * MatMul.Panel.Width));
            row += rows;
        }
    }

    /// <summary>All rows of one panel, whose outputs all exist.</summary>
    private static void Panel<S, V, F>(ActivationBlock* x, nint stride, int rows, byte* panel, int tiles, float* c, nint cRow)
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, ITiledBlock
    {
        int block = rows <= (S.UsesMachineCode ? TileCode<F>.MaxRows : TileKernel.Rows) ? tiles : DepthBlock / F.Values;
        for (int t = 0; t < tiles; t += block)
        {
            int count = Math.Min(block, tiles - t);
            byte* tile = panel + ((nint)t * Tile<F>.Bytes);
            ActivationBlock* part = x + (t * Tile<F>.Parts);
            if (S.UsesMachineCode)
            {
                Groups<F>(part, stride, rows, tile, count, c, cRow, t > 0);
                continue;
            }

            for (int lane = 0; lane < BlockTiles.Lanes; lane += 2 * S.Lanes)
            {
                int i = 0;
                for (; i + TileKernel.Rows <= rows; i += TileKernel.Rows)
                {
                    TileKernel.Rows4<S, V, F>(part + (i * stride), stride, tile, count, lane, c + (i * cRow) + lane, cRow, t > 0);
                }

                for (; i < rows; i++)
                {
                    TileKernel.Rows1<S, V, F>(part + (i * stride), tile, count, lane, c + (i * cRow) + lane, t > 0);
                }
            }
        }
    }

    /// <summary>Few rows by machine code: panel after panel in one sweep through memory.</summary>
    private static void Stream<F>(ActivationBlock* x, nint stride, int rows, BlockTiles tiles, int panel, int panels, float* c, nint cRow)
        where F : struct, ITiledBlock
    {
        TileArguments arguments = new()
        {
            X = x,
            XRow = stride * sizeof(ActivationBlock),
            Tile = tiles.Tile(panel, 0),
            Tiles = tiles.Count,
            C = c,
            CRow = cRow * sizeof(float),
            Steps = panels,
            TileStep = tiles.PanelBytes,
            CStep = BlockTiles.Lanes * sizeof(float),
            Ahead = StreamAhead,
        };
        TileCode<F>.Run(rows, readAhead: true, ref arguments);
    }

    /// <summary>All rows of some tiles of a panel by machine code: six at a time, and what is left in two nearly equal parts.</summary>
    private static void Groups<F>(ActivationBlock* x, nint stride, int rows, byte* tile, int tiles, float* c, nint cRow, bool load)
        where F : struct, ITiledBlock
    {
        int left = rows % TileCode<F>.MaxRows;
        int groups = rows / TileCode<F>.MaxRows;
        if (left > 0 && groups > 0)
        {
            groups--;
            left += TileCode<F>.MaxRows;
        }

        int begin = groups * TileCode<F>.MaxRows;
        int half = left > TileCode<F>.MaxRows ? (left + 1) / 2 : left;
        Rows(TileCode<F>.MaxRows, groups, 0);
        Rows(half, half > 0 ? 1 : 0, begin);
        Rows(left - half, left > half ? 1 : 0, begin + half);

        void Rows(int height, int steps, int first)
        {
            if (steps == 0)
            {
                return;
            }

            TileArguments arguments = new()
            {
                X = x + (first * stride),
                XRow = stride * sizeof(ActivationBlock),
                Tile = tile,
                Tiles = tiles,
                C = c + (first * cRow),
                CRow = cRow * sizeof(float),
                Load = load ? 1 : 0,
                Steps = steps,
                XStep = height * stride * sizeof(ActivationBlock),
                CStep = height * cRow * sizeof(float),
                Ahead = (nint)tiles * Tile<F>.Bytes,
            };
            TileCode<F>.Run(height, rows <= MostAheadRows, ref arguments);
        }
    }
}
