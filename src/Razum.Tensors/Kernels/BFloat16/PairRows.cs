using System.Runtime.InteropServices;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels.BFloat16;

/// <summary>
/// Rows of BF16 values: the heads of a row one after the other, each filled with zeros up to a multiple of 32 values. A row is an odd number of cache lines
/// long, so that the rows of a tile do not compete for the same places in the cache.
/// </summary>
internal readonly unsafe struct PairRows(ushort* data, int rows, int columns, int heads)
{
    internal ushort* Data => data;

    internal int Count => rows;

    /// <summary>Values of a head.</summary>
    internal int Columns => columns;

    internal int Heads => heads;

    /// <summary>Values from row to row.</summary>
    internal nint Stride { get; } = Padded(columns, heads);

    /// <summary>The first value of a row of a head.</summary>
    internal ushort* At(int row, int head = 0) => data + (row * Stride) + ((nint)head * Rounded(columns));

    /// <summary>Values that <paramref name="rows"/> such rows take.</summary>
    internal static long Size(int rows, int columns, int heads = 1) => (long)rows * Padded(columns, heads);

    /// <summary>Rounds the rows of <paramref name="source"/>, or those that <paramref name="gather"/> lists, on the threads of a pool.</summary>
    internal static PairRows Round<P>(WorkerPool pool, Tensor source, int heads, ushort* memory, int* gather = null, int count = 0)
        where P : struct, IPairKernels
    {
        PairRows rows = new(memory, gather == null ? source.Rows : count, source.Columns / heads, heads);
        pool.For(rows.Count, Math.Max(1, (1 << 14) / Math.Max(1, source.Columns)), new RoundJob<P>(source, rows, gather));
        return rows;
    }

    private static nint Rounded(int columns) => ((nint)columns + 31) / 32 * 32;

    private static nint Padded(int columns, int heads)
    {
        nint lines = Rounded(columns) / 32 * heads;
        return 32 * (lines | 1);
    }

    private readonly struct RoundJob<P>(Tensor source, PairRows target, int* gather) : IRangeJob
        where P : struct, IPairKernels
    {
        public void Run(int from, int to)
        {
            for (int t = from; t < to; t++)
            {
                float* row = source.Row(gather == null ? t : gather[t]);
                for (int h = 0; h < target.Heads; h++)
                {
                    P.Round(row + (h * target.Columns), target.Columns, target.At(t, h));
                }
            }
        }
    }
}
