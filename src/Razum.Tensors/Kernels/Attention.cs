using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// Causal attention over packed sequences, softmax(scale q k^T) v, for grouped queries and both forms of latent attention. T query rows, S key rows,
/// H heads. Keys are read in tiles of 32 at absolute positions and each row runs an online softmax over its tiles in ascending order; a [T, S] matrix
/// never exists. The order of all arithmetic of a row depends on its position, its queries and its keys alone: the bits are the same whether it is
/// decoded alone, in a chunk, in a whole prompt, beside strangers, or on several threads.
/// </summary>
internal static unsafe partial class Attention
{
    /// <summary>
    /// Gives y [T, H*ValueDim] and, where <paramref name="logSumExp"/> [T, H] is not empty, log(sum(exp(scale q k^T))) of each row and head.
    /// New rows of segments with a cache are appended to its layer <paramref name="layer"/> first.
    /// </summary>
    public static void Forward<S, V>(
        WorkerPool pool, Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<Segment> segments, int layer, Tensor y, Tensor logSumExp)
        where S : struct, ISimd<V>
        where V : struct
    {
        CheckShapes(q, k, v, shape, segments);
        CheckOutput(q, shape, y, logSumExp);
        long work = Work(shape, segments);
        int block = BlockRows(pool.Threads, shape, segments);
        var views = (SegmentView*)NativeMemory.Alloc((nuint)segments.Length, (nuint)sizeof(SegmentView));
        try
        {
            int pieces = 0;
            for (int i = 0; i < segments.Length; i++)
            {
                Segment segment = segments[i];
                int rows = segment.Count * (shape.Heads / shape.KvHeads);
                int blocks = (rows + block - 1) / block;
                int pieceHeads = blocks == 1 ? Math.Clamp(block / PaddedRows(rows), 1, shape.KvHeads) : 1;
                views[i] = new SegmentView(segment.Start, segment.Count, segment.Past, pieces, blocks, AppendAndRead(segment, k, v, layer))
                {
                    PieceHeads = pieceHeads,
                };
                pieces += blocks * ((shape.KvHeads + pieceHeads - 1) / pieceHeads);
            }

            pool.For(pieces, 1, new ForwardJob<S, V>(q, y, logSumExp, shape, views, segments.Length, block), work);
        }
        finally
        {
            NativeMemory.Free(views);
        }
    }

    /// <summary>All keys of a segment, its new rows stored first when it has a cache.</summary>
    private static KeyRun AppendAndRead(Segment segment, Tensor k, Tensor v, int layer)
    {
        if (segment.Cache is not { } cache)
        {
            return new KeyRun(k.Row(segment.KeyStart), k.Stride, v.Row(segment.KeyStart), v.Stride, segment.KeyCount);
        }

        cache.Append(
            layer,
            new Tensor(k.Row(segment.KeyStart), segment.Count, k.Columns, k.Stride),
            new Tensor(v.Row(segment.KeyStart), segment.Count, v.Columns, v.Stride));
        return cache.Run(layer, cache.Length + segment.Count);
    }

    /// <summary>Multiply-adds, as if every query saw all keys.</summary>
    private static long Work(AttentionShape shape, ReadOnlySpan<Segment> segments)
    {
        long pairs = 0;
        foreach (Segment segment in segments)
        {
            pairs += (long)segment.Count * (segment.Past + segment.Count);
        }

        return pairs * shape.Heads * (shape.KeyDim + shape.ValueDim);
    }

    /// <summary>Query rows (of all heads that share keys) in a piece of work: many, for packed tiles to pay, unless threads would have nothing to do.</summary>
    private static int BlockRows(int threads, AttentionShape shape, ReadOnlySpan<Segment> segments)
    {
        long rows = 0;
        foreach (Segment segment in segments)
        {
            rows += (long)segment.Count * shape.Heads;
        }

        int block = 64;
        while (threads > 1 && block > 8 && rows / block < 4 * threads)
        {
            block /= 2;
        }

        return block;
    }

    private static int PaddedRows(int rows) => (rows + AttentionTile.Rows - 1) / AttentionTile.Rows * AttentionTile.Rows;

    // Keys of a tile that a row at this position sees: [FirstVisible, LastVisible).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LastVisible(int position, int tile) => Math.Clamp(position + 1 - tile, 0, AttentionTile.Keys);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstVisible(int position, int tile, int window, int first = 0) =>
        Math.Clamp((window > 0 ? Math.Max(first, position - window + 1) : first) - tile, 0, AttentionTile.Keys);

    internal static void CheckShapes(Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<Segment> segments)
    {
        if (shape.Heads <= 0 || shape.KvHeads <= 0 || shape.Heads % shape.KvHeads != 0 || shape.KeyDim <= 0 || shape.ValueDim <= 0 || shape.Window < 0)
        {
            throw new ArgumentException($"{shape} is not a shape of attention.", nameof(shape));
        }

        if (q.Columns != shape.Heads * shape.KeyDim || k.Columns != shape.KvHeads * shape.KeyDim || v.Columns != shape.KvHeads * shape.ValueDim || k.Rows != v.Rows)
        {
            throw new ArgumentException($"q [{q.Rows}, {q.Columns}], k [{k.Rows}, {k.Columns}], v [{v.Rows}, {v.Columns}] do not fit {shape}.");
        }

        foreach (Segment segment in segments)
        {
            bool fits = segment.Start >= 0 && segment.Count >= 0 && segment.Count <= q.Rows - segment.Start
                && segment.KeyStart >= 0 && segment.KeyCount >= segment.Count && segment.KeyCount <= k.Rows - segment.KeyStart;
            if (!fits || (segment.Cache is not null && segment.KeyCount != segment.Count))
            {
                throw new ArgumentException($"{segment} does not fit {q.Rows} query rows and {k.Rows} key rows.", nameof(segments));
            }
        }
    }

    private static void CheckOutput(Tensor q, AttentionShape shape, Tensor y, Tensor logSumExp)
    {
        if (y.Rows != q.Rows || y.Columns != shape.Heads * shape.ValueDim)
        {
            throw new ArgumentException($"y [{y.Rows}, {y.Columns}] does not fit {q.Rows} query rows and {shape}.", nameof(y));
        }

        if (!logSumExp.IsEmpty && (logSumExp.Rows != q.Rows || logSumExp.Columns != shape.Heads))
        {
            throw new ArgumentException($"logSumExp [{logSumExp.Rows}, {logSumExp.Columns}] is not [{q.Rows}, {shape.Heads}].", nameof(logSumExp));
        }
    }

    /// <summary>A segment without managed references: query rows [Start, Start + Count), the first at position Past; its share of the pieces of work.</summary>
    private readonly record struct SegmentView(int Start, int Count, int Past, int FirstPiece, int Blocks, KeyRun Keys)
    {
        /// <summary>Key heads in a piece. For the forward pass only.</summary>
        public int PieceHeads { get; init; }

        /// <summary>Row of the key tensor that holds position 0. For gradients only.</summary>
        public int KeyStart { get; init; }

        /// <summary>Where the segment's packed rows begin. For gradients only.</summary>
        public long PackedRow { get; init; }

        /// <summary>Index of the segment that a piece belongs to.</summary>
        public static int Find(SegmentView* segments, int count, int piece)
        {
            int low = 0, high = count - 1;
            while (low < high)
            {
                int middle = (low + high + 1) / 2;
                if (segments[middle].FirstPiece <= piece)
                {
                    low = middle;
                }
                else
                {
                    high = middle - 1;
                }
            }

            return low;
        }
    }
}
