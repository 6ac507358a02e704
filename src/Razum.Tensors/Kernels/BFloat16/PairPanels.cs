using System.Runtime.CompilerServices;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels.BFloat16;

/// <summary>
/// An operand in the order in which products read it: panels of 32 columns, [heads][columns / 32][pairs of the contraction index][32][2], BF16. Places past the
/// end are zeros. A panel is read from its beginning to its end: one sequential stream.
/// </summary>
internal readonly unsafe struct PairPanels(byte* data, int columns, int depth)
{
    /// <summary>Bytes of one pair of the contraction index in a panel.</summary>
    internal const int Step = Panel.Width * 2 * sizeof(ushort);

    private const int PairsOfPiece = 16;
    private const nint SmallBytes = 4 << 20;

    /// <summary>Columns of one head.</summary>
    internal int Columns => columns;

    internal int Pairs => (depth + 1) / 2;

    /// <summary>Bytes from one panel to the next.</summary>
    internal nint PanelBytes => (nint)Pairs * Step;

    /// <summary>Whether they are expected in the caches, where reading several streams at once costs nothing.</summary>
    internal bool IsSmall => Panel.Count(columns) * PanelBytes <= SmallBytes;

    internal byte* Panels(int head = 0) => data + (head * Panel.Count(columns) * PanelBytes);

    internal static long Size(int columns, int depth, int heads = 1) => (long)heads * Panel.Count(columns) * ((depth + 1) / 2) * Step;

    /// <summary>Panels whose contraction index runs over the rows: neighbouring rows are interleaved.</summary>
    internal static PairPanels OfRows<P>(WorkerPool pool, PairRows rows, byte* memory)
        where P : struct, IPairKernels
    {
        PairPanels panels = new(memory, rows.Columns, rows.Count);
        int count = rows.Heads * Panel.Count(rows.Columns);
        int pieces = (panels.Pairs + PairsOfPiece - 1) / PairsOfPiece;
        pool.For(pieces, Math.Max(1, 16 / Math.Max(1, count)), new InterleaveJob<P>(rows, panels));
        return panels;
    }

    /// <summary>Writes <paramref name="count"/> rows to all panels of a head, from pair <paramref name="firstPair"/> on; the last of an odd number is paired with zeros.</summary>
    internal void Interleave<P>(ushort* rows, nint stride, int count, int head, int firstPair)
        where P : struct, IPairKernels
    {
        int whole = count / 2;
        for (int p = 0; p < Panel.Count(columns); p++)
        {
            byte* target = Panels(head) + (p * PanelBytes) + ((nint)firstPair * Step);
            ushort* source = rows + (p * Panel.Width);
            if (whole > 0)
            {
                P.Interleave(source, source + stride, 2 * stride * sizeof(ushort), whole, target);
            }

            if (count % 2 != 0)
            {
                Last(source + (2 * whole * stride), (uint*)(target + ((nint)whole * Step)));
            }
        }
    }

    /// <summary>The last of an odd number of rows, paired with zeros.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Last(ushort* row, uint* target)
    {
        for (int j = 0; j < Panel.Width; j++)
        {
            target[j] = row[j];
        }
    }

    private readonly struct InterleaveJob<P>(PairRows rows, PairPanels panels) : IRangeJob
        where P : struct, IPairKernels
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                int first = i * PairsOfPiece;
                int count = Math.Min(2 * PairsOfPiece, rows.Count - (2 * first));
                for (int h = 0; h < rows.Heads; h++)
                {
                    panels.Interleave<P>(rows.At(2 * first, h), rows.Stride, count, h, first);
                }
            }
        }
    }
}
