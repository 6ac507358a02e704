using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

internal static unsafe partial class SparseAttention
{
    /// <summary>
    /// Adds the gradients of <see cref="Forward"/> through the chosen keys to dq and to the first KeyDim columns of drows, for segments without a cache.
    /// The choice itself has no gradient, so the indexer's inputs have none.
    /// </summary>
    public static void Backward<S, V>(
        WorkerPool pool,
        Arena arena,
        Tensor dy,
        Tensor q,
        Tensor rows,
        AttentionShape shape,
        ReadOnlySpan<Segment> segments,
        SelectedKeys selected,
        Tensor y,
        Tensor logSumExp,
        Tensor dq,
        Tensor drows)
        where S : struct, ISimd<V>
        where V : struct
    {
        Arena.Mark mark = arena.Here();
        var bounds = (SegmentRows*)arena.AllocateBytes((long)segments.Length * sizeof(SegmentRows));
        for (int i = 0; i < segments.Length; i++)
        {
            QueryRow* queries = (QueryRow*)arena.AllocateBytes((long)segments[i].Count * sizeof(QueryRow));
            for (int j = 0; j < segments[i].Count; j++)
            {
                queries[j] = QueryRow.Of(segments[i], rows, 0, j);
            }

            bounds[i] = new SegmentRows(queries, segments[i].Count);
        }

        var job = new BackwardJob<S, V>
        {
            Segments = bounds,
            Dy = dy,
            Q = q,
            Shape = shape,
            Selected = selected,
            Y = y,
            LogSumExp = logSumExp,
            Dq = dq,
            Drows = drows,
        };
        pool.For(segments.Length, 1, job);
        arena.Release(mark);
    }

    private readonly struct SegmentRows(QueryRow* queries, int count)
    {
        public QueryRow* Queries => queries;

        public int Count => count;
    }

    /// <summary>A piece is a segment: no two pieces add to the same rows, and within one the query rows come in order.</summary>
    private struct BackwardJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public SegmentRows* Segments;
        public Tensor Dy;
        public Tensor Q;
        public AttentionShape Shape;
        public SelectedKeys Selected;
        public Tensor Y;
        public Tensor LogSumExp;
        public Tensor Dq;
        public Tensor Drows;

        public readonly void Run(int from, int to)
        {
            long keyFloats = (long)Selected.Width * Shape.KeyDim;
            float* memory = ThreadScratch.Rows((2 * keyFloats) + Attention.RowFloats<S, V>(Shape));
            for (int s = from; s < to; s++)
            {
                for (int i = 0; i < Segments[s].Count; i++)
                {
                    AddRow(in Segments[s].Queries[i], memory, memory + keyFloats, memory + (2 * keyFloats));
                }
            }
        }

        private readonly void AddRow(in QueryRow query, float* keyMemory, float* gradientMemory, float* memory)
        {
            Tensor keys = Gather(in query, Selected, Shape.KeyDim, keyMemory);
            var gradients = new Tensor(gradientMemory, keys.Rows, keys.Columns, keys.Stride);
            for (int i = 0; i < keys.Rows; i++)
            {
                gradients[i].Clear();
            }

            Attention.BackwardRow<S, V>(
                Dy.SliceRows(query.Row, 1),
                Q.SliceRows(query.Row, 1),
                keys,
                Y.SliceRows(query.Row, 1),
                LogSumExp.SliceRows(query.Row, 1),
                Shape,
                Dq.SliceRows(query.Row, 1),
                gradients,
                memory);
            int* ids = Selected.Row(query.Row);
            for (int i = 0; i < keys.Rows; i++)
            {
                AttentionTile.Add<S, V>(gradients.Row(i), 1, Drows.Row(query.KeyStart + ids[i]), Shape.KeyDim);
            }
        }
    }
}
