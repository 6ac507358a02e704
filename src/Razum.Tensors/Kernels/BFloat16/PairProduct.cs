using Razum.Tensors.Jit;
using Razum.Tensors.Kernels.MatMul;

namespace Razum.Tensors.Kernels.BFloat16;

/// <summary>
/// One piece of a BF16 product on one thread. Many rows: blocks of the contraction index, so that a block of a panel stays in the first-level cache while all
/// rows pass; partial sums wait in C, which continues every element's chain. Few rows: every panel from its beginning to its end, in storage order.
/// </summary>
internal static unsafe class PairProduct
{
    /// <summary>Rows of a piece at most: a block of them stays in the second-level cache.</summary>
    internal const int MaxRows = 384;

    private const int MaxPairs = 192;

    /// <summary>Rows of a tile whose left operand lies in panels: a quarter of a panel.</summary>
    private const int PanelRows = 8;

    /// <summary>c[i, j - from] = (accumulate ? c : 0) + a[i] . b[j] for columns j in [from, to) of the panels; a by rows, one head.</summary>
    internal static void Rows<P>(ushort* a, nint stride, int rows, PairPanels right, int head, int from, int to, float* c, nint cRow, bool accumulate)
        where P : struct, IPairKernels
    {
        int pairs = right.Pairs;
        byte* panels = right.Panels(head);
        int block = rows <= PairTile.MaxRows ? pairs : Block(pairs);
        int done = 0;
        PairTileArguments t = new() { ARow = stride * sizeof(ushort), CRow = cRow * sizeof(float) };
        do
        {
            t.Pairs = Math.Min(block, pairs - done);
            t.Load = accumulate || done > 0 ? 1u : 0;
            int p = from / Panel.Width;
            if (rows <= PairRow.MaxRows && from % Panel.Width == 0 && pairs > 0 && right.IsSmall)
            {
                t.A = (byte*)a;
                for (; (p + PairRow.Panels) * Panel.Width <= to; p += PairRow.Panels)
                {
                    t.B = panels + (p * right.PanelBytes);
                    t.C = c + (p * Panel.Width) - from;
                    t.Tiles = right.PanelBytes;
                    P.FourPanels(rows, &t);
                }
            }

            for (; p * Panel.Width < to; p++)
            {
                t.Mask = Mask(from - (p * Panel.Width), to - (p * Panel.Width));
                t.A = (byte*)(a + (2 * done));
                t.B = panels + (p * right.PanelBytes) + ((nint)done * PairPanels.Step);
                t.C = c + (p * Panel.Width) - from;
                t.Tiles = rows / PairTile.MaxRows;
                int whole = (int)t.Tiles * PairTile.MaxRows;
                if (whole > 0)
                {
                    P.Tile(PairTile.MaxRows, false, &t);
                }

                if (whole < rows)
                {
                    t.A = (byte*)(a + (whole * stride) + (2 * done));
                    t.C += whole * cRow;
                    t.Tiles = 1;
                    P.Tile(rows - whole, false, &t);
                }
            }

            done += (int)t.Pairs;
        }
        while (done < pairs);
    }

    /// <summary>c[i - rowFrom, j - from] += sum over the depth of left[i] . right[j], both in panels; <paramref name="rowFrom"/> begins a panel.</summary>
    internal static void Add<P>(PairPanels left, int leftHead, int rowFrom, int rowTo, PairPanels right, int rightHead, int from, int to, float* c, nint cRow)
        where P : struct, IPairKernels
    {
        int block = Block(left.Pairs);
        PairTileArguments t = new() { CRow = cRow * sizeof(float), Load = 1 };
        for (int done = 0; done < left.Pairs; done += block)
        {
            t.Pairs = Math.Min(block, left.Pairs - done);
            for (int p = from / Panel.Width; p * Panel.Width < to; p++)
            {
                t.Mask = Mask(from - (p * Panel.Width), to - (p * Panel.Width));
                t.B = right.Panels(rightHead) + (p * right.PanelBytes) + ((nint)done * PairPanels.Step);
                for (int row = rowFrom; row < rowTo; row += Panel.Width)
                {
                    byte* a = left.Panels(leftHead) + (row / Panel.Width * left.PanelBytes) + ((nint)done * PairPanels.Step);
                    float* target = c + ((row - rowFrom) * cRow) + (p * Panel.Width) - from;
                    int rows = Math.Min(Panel.Width, rowTo - row);
                    int whole = rows / PanelRows * PanelRows;
                    float* below = row + Panel.Width < rowTo ? target + (Panel.Width * cRow) : c + ((p + 1) * Panel.Width) - from;
                    t.Next = done == 0 && (row + Panel.Width < rowTo || (p + 1) * Panel.Width < to) ? below : null;
                    t.A = a;
                    t.C = target;
                    t.Tiles = rows / PanelRows;
                    if (whole > 0)
                    {
                        P.Tile(PanelRows, true, &t);
                    }

                    if (whole < rows)
                    {
                        t.A = a + (4 * whole);
                        t.C = target + (whole * cRow);
                        t.Tiles = 1;
                        P.Tile(rows - whole, true, &t);
                    }
                }
            }
        }
    }

    /// <summary>Equal blocks of the contraction index.</summary>
    private static int Block(int pairs)
    {
        int blocks = Math.Max(1, (pairs + MaxPairs - 1) / MaxPairs);
        return Math.Max(1, (pairs + blocks - 1) / blocks);
    }

    /// <summary>Bits [from, to) of 32, cut at both ends.</summary>
    private static uint Mask(int from, int to)
    {
        uint below = to >= Panel.Width ? uint.MaxValue : (1u << to) - 1;
        return from <= 0 ? below : below & ~((1u << from) - 1);
    }
}
