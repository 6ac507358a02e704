using System.Runtime.InteropServices;
using Razum.Tensors.Kernels.BFloat16;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>
/// The values of a weight as BF16 panels, for y = x W^T (panels of outputs) or for x W (panels of inputs, the contraction index running over the rows of each
/// head's slice). A cache like <see cref="PackedWeight"/>: made when first needed, made again, in the same memory, when the weight's version has moved.
/// </summary>
internal sealed unsafe class PairWeight : IDisposable
{
    private readonly HeadRows _slice;
    private readonly int _heads;
    private readonly bool _byRows;
    private byte* _data;
    private int _version;

    private PairWeight(Weight weight, bool byRows, HeadRows slice, int heads)
    {
        (_slice, _heads, _byRows) = (slice, heads, byRows);
        long size = byRows ? PairPanels.Size(weight.Columns, slice.Count, heads) : PairPanels.Size(weight.Rows, weight.Columns);
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)size, 64);
        _version = weight.Version - 1;
        Panels = byRows ? new PairPanels(_data, weight.Columns, slice.Count) : new PairPanels(_data, weight.Rows, weight.Columns);
    }

    ~PairWeight() => Free();

    internal PairPanels Panels { get; }

    /// <summary>Panels of outputs, for x W^T.</summary>
    internal static PairPanels Outputs<P>(Weight weight, WorkerPool pool)
        where P : struct, IPairKernels => For<P>(weight, false, default, 1, pool);

    /// <summary>Panels of inputs, for x W.</summary>
    internal static PairPanels Inputs<P>(Weight weight, WorkerPool pool)
        where P : struct, IPairKernels => For<P>(weight, true, new HeadRows(weight.Rows, 0, weight.Rows), 1, pool);

    /// <summary>Panels of inputs of every head's own rows, for x_h W_h.</summary>
    internal static PairPanels Inputs<P>(Weight weight, HeadRows slice, int heads, WorkerPool pool)
        where P : struct, IPairKernels => For<P>(weight, true, slice, heads, pool);

    /// <summary>Whether the panels exist and show the weight as it is now.</summary>
    internal static bool IsCurrent(Weight weight, bool byRows) => Whole(weight, byRows)._version == weight.Version;

    /// <summary>Makes the panels on the calling thread where they are stale, so that many weights can be packed by many threads.</summary>
    internal static void Refresh<P>(Weight weight, bool byRows)
        where P : struct, IPairKernels
    {
        PairWeight pairs = Whole(weight, byRows);
        if (pairs._version != weight.Version)
        {
            lock (pairs)
            {
                if (pairs._version != weight.Version)
                {
                    PackJob<P> job = new(weight, pairs);
                    job.Run(0, job.Count);
                    pairs._version = weight.Version;
                }
            }
        }
    }

    /// <summary>The panels that <see cref="Refresh"/> made.</summary>
    internal static PairPanels Current(Weight weight, bool byRows) => Whole(weight, byRows).Panels;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static PairPanels For<P>(Weight weight, bool byRows, HeadRows slice, int heads, WorkerPool pool)
        where P : struct, IPairKernels
    {
        PairWeight pairs = Find(weight, byRows, slice, heads);
        if (pairs._version != weight.Version)
        {
            lock (pairs)
            {
                if (pairs._version != weight.Version)
                {
                    PackJob<P> job = new(weight, pairs);
                    pool.For(job.Count, Math.Max(1, (1 << 13) / Math.Max(1, weight.Columns * Panel.Width)), job);
                    pairs._version = weight.Version;
                }
            }
        }

        return pairs.Panels;
    }

    private static PairWeight Whole(Weight weight, bool byRows) => Find(weight, byRows, byRows ? new HeadRows(weight.Rows, 0, weight.Rows) : default, 1);

    private static PairWeight Find(Weight weight, bool byRows, HeadRows slice, int heads)
    {
        if (Search(weight.Pairs, byRows, slice, heads) is { } known)
        {
            return known;
        }

        lock (weight)
        {
            if (Search(weight.Pairs, byRows, slice, heads) is { } other)
            {
                return other;
            }

            PairWeight made = new(weight, byRows, slice, heads);
            weight.Pairs = [.. weight.Pairs, made];
            return made;
        }
    }

    private static PairWeight? Search(PairWeight[] all, bool byRows, HeadRows slice, int heads)
    {
        foreach (PairWeight pairs in all)
        {
            if (pairs._byRows == byRows && pairs._slice == slice && pairs._heads == heads)
            {
                return pairs;
            }
        }

        return null;
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }

    /// <summary>An item is a panel of outputs, or 32 rows of one head.</summary>
    private readonly struct PackJob<P>(Weight weight, PairWeight pairs) : IRangeJob
        where P : struct, IPairKernels
    {
        private int BlocksOfHead => Panel.Count(pairs._byRows ? pairs._slice.Count : weight.Rows);

        internal int Count => BlocksOfHead * pairs._heads;

        public void Run(int from, int to)
        {
            ushort* memory = (ushort*)ThreadScratch.Rows((PairRows.Size(Panel.Width, weight.Columns) + 1) / 2);
            for (int i = from; i < to; i++)
            {
                int head = i / BlocksOfHead;
                int first = i % BlocksOfHead * Panel.Width;
                int rows = Math.Min(Panel.Width, (pairs._byRows ? pairs._slice.Count : weight.Rows) - first);
                PairRows block = new(memory, rows, weight.Columns, 1);
                for (int r = 0; r < rows; r++)
                {
                    Round((pairs._byRows ? (head * pairs._slice.Step) + pairs._slice.From : 0) + first + r, block.At(r));
                }

                if (pairs._byRows)
                {
                    pairs.Panels.Interleave<P>(memory, block.Stride, rows, head, first / 2);
                }
                else
                {
                    // A pair is as wide as an F32 value: the panels of F32 values are made the same way.
                    float* target = (float*)(pairs.Panels.Panels() + (i * pairs.Panels.PanelBytes));
                    Panel.Transpose((float*)memory, block.Stride / 2, rows, pairs.Panels.Pairs, target);
                }
            }
        }

        private void Round(int row, ushort* target)
        {
            nint at = (nint)row * weight.Columns;
            if (weight.Format == WeightFormat.F32)
            {
                P.Round((float*)weight.Data + at, weight.Columns, target);
                return;
            }

            ushort* source = (ushort*)weight.Data + at;
            int i = 0;
            for (; i < weight.Columns; i++)
            {
                target[i] = (source[i] & 0x7F80) == 0 ? (ushort)(source[i] & 0x8000) : source[i];
            }

            for (; i % Panel.Width != 0; i++)
            {
                target[i] = 0;
            }
        }
    }
}
