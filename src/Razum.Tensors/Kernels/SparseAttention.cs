using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// Attention to few keys (DeepSeek-V3.2, arXiv 2512.02556 section 2.1), for absorbed latent attention: one key head, its first columns being the values.
/// An indexer scores every key s that query row t sees, I(t, s) = sum_h w[t, h] relu(iq[t, h] . ik[s]); the TopK keys of the highest scores, of equal ones
/// the first, are attended to, all of them where there are no more. A row of keys is [key (KeyDim) | the indexer's key (Dim)].
/// The chosen keys of a row are gathered in ascending order, and attention runs over them as over a sequence of its own: the bits of a row depend on its
/// queries and keys alone, not on where the keys lie, on other rows or on the number of threads.
/// </summary>
internal static unsafe partial class SparseAttention
{
    /// <summary>Heads that read a row's gathered keys together.</summary>
    private const int MostHeads = 64;

    private const int FewestHeads = 16;

    /// <summary>
    /// Gives y [T, H*ValueDim], the ids of the keys and, where <paramref name="logSumExp"/> [T, H] is not empty, log(sum(exp(scale q k^T))) over them.
    /// New rows of segments with a cache are appended to its layer <paramref name="layer"/> first.
    /// </summary>
    public static void Forward<S, V>(
        WorkerPool pool,
        Arena arena,
        Tensor q,
        Tensor rows,
        Tensor indexQueries,
        Tensor indexWeights,
        AttentionShape shape,
        IndexShape index,
        ReadOnlySpan<Segment> segments,
        int layer,
        SelectedKeys selected,
        Tensor y,
        Tensor logSumExp)
        where S : struct, ISimd<V>
        where V : struct
    {
        Check(q, rows, indexQueries, indexWeights, shape, index, segments);
        Arena.Mark mark = arena.Here();
        int count = 0;
        foreach (Segment segment in segments)
        {
            count += segment.Count;
        }

        var queries = (QueryRow*)arena.AllocateBytes((long)count * sizeof(QueryRow));
        int at = 0;
        foreach (Segment segment in segments)
        {
            Append(segment, rows, layer);
            for (int i = 0; i < segment.Count; i++)
            {
                queries[at++] = QueryRow.Of(segment, rows, layer, i);
            }
        }

        Select<S, V>(pool, arena, queries, count, indexQueries, indexWeights, shape.KeyDim, index, selected);
        int block = MostHeads;
        while (block > FewestHeads && (long)count * shape.Heads / block < pool.Threads)
        {
            block /= 2;
        }

        var job = new AttendJob<S, V>
        {
            Queries = queries,
            Q = q,
            Shape = shape,
            Selected = selected,
            BlockHeads = block,
            Blocks = (shape.Heads + block - 1) / block,
            Y = y,
            LogSumExp = logSumExp,
        };
        pool.For(count * job.Blocks, 1, job, (long)count * selected.Width * shape.Heads * (shape.KeyDim + shape.ValueDim));
        arena.Release(mark);
    }

    private static void Append(Segment segment, Tensor rows, int layer)
    {
        if (segment.Cache is { } cache)
        {
            Tensor fresh = rows.SliceRows(segment.KeyStart, segment.Count);
            cache.Append(layer, fresh, fresh.Slice(0, 0));
        }
    }

    private static void Check(
        Tensor q, Tensor rows, Tensor indexQueries, Tensor indexWeights, AttentionShape shape, IndexShape index, ReadOnlySpan<Segment> segments)
    {
        if (shape.KvHeads != 1 || shape.Window != 0 || shape.ValueDim > shape.KeyDim || index.Heads <= 0 || index.Dim <= 0 || index.TopK <= 0)
        {
            throw new ArgumentException($"{shape} and {index} are not shapes of sparse attention.", nameof(shape));
        }

        bool fits = rows.Columns == shape.KeyDim + index.Dim && indexQueries.Columns == index.Heads * index.Dim && indexWeights.Columns == index.Heads
            && indexQueries.Rows == q.Rows && indexWeights.Rows == q.Rows;
        if (!fits)
        {
            throw new ArgumentException(
                $"rows [{rows.Rows}, {rows.Columns}], index queries [{indexQueries.Rows}, {indexQueries.Columns}], weights [{indexWeights.Rows}, {indexWeights.Columns}] do not fit {shape} and {index}.");
        }

        Attention.CheckShapes(q, rows.Slice(0, shape.KeyDim), rows.Slice(0, shape.ValueDim), shape, segments);
    }

    /// <summary>Copies the keys that a row attends to, one after another, to memory of the calling thread. [K, KeyDim]</summary>
    private static Tensor Gather(in QueryRow query, SelectedKeys selected, int keyDim, float* target)
    {
        int* ids = selected.Row(query.Row);
        int count = Math.Min(selected.Width, query.Visible);
        for (int i = 0; i < count; i++)
        {
            new ReadOnlySpan<float>(query.Keys.Keys(query.Keys.First + ids[i]), keyDim).CopyTo(new Span<float>(target + ((long)i * keyDim), keyDim));
        }

        return new Tensor(target, count, keyDim, keyDim);
    }

    /// <summary>A query row without managed references, and the keys that it sees.</summary>
    private readonly record struct QueryRow(int Row, int KeyStart, KeyRun Keys)
    {
        public int Visible => Keys.Count - Keys.First;

        /// <summary>Row <paramref name="i"/> of a segment, whose new rows are stored if it has a cache.</summary>
        public static QueryRow Of(Segment segment, Tensor rows, int layer, int i)
        {
            int count = segment.Past + i + 1;
            float* first = rows.Row(segment.KeyStart);
            KeyRun keys = segment.Cache is { } cache ? cache.Run(layer, count) : new KeyRun(first, rows.Stride, first, rows.Stride, count);
            return new QueryRow(segment.Start + i, segment.KeyStart, keys);
        }
    }

    /// <summary>A piece is a row and a block of its heads.</summary>
    private struct AttendJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public QueryRow* Queries;
        public Tensor Q;
        public AttentionShape Shape;
        public SelectedKeys Selected;
        public int BlockHeads;
        public int Blocks;
        public Tensor Y;
        public Tensor LogSumExp;

        public readonly void Run(int from, int to)
        {
            float* memory = ThreadScratch.Rows((long)Selected.Width * Shape.KeyDim); // attention itself works in that for panels
            int gathered = -1;
            Tensor keys = default;
            for (int piece = from; piece < to; piece++)
            {
                (int i, int block) = Math.DivRem(piece, Blocks);
                if (i != gathered)
                {
                    keys = Gather(in Queries[i], Selected, Shape.KeyDim, memory);
                    gathered = i;
                }

                int row = Queries[i].Row;
                Tensor logSumExp = LogSumExp.IsEmpty ? default : LogSumExp.SliceRows(row, 1);
                Attention.ForwardRow<S, V>(Q.SliceRows(row, 1), keys, Shape, block, BlockHeads, Y.SliceRows(row, 1), logSumExp);
            }
        }
    }
}
