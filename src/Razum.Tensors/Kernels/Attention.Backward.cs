using System.Runtime.CompilerServices;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

internal static unsafe partial class Attention
{
    /// <summary>
    /// Adds the gradients of <see cref="Forward"/> to dq, dk and dv, for segments without a cache. With s = scale q k^T, P = exp(s - logSumExp) and
    /// D = rowsum(dy y): dS = P (dy v^T - D), dq = scale dS k, dk = dS^T (scale q), dv = P^T dy. v may be a view of k; dv is then the same view of dk.
    /// </summary>
    public static void Backward<S, V>(
        WorkerPool pool,
        Arena arena,
        Tensor dy,
        Tensor q,
        Tensor k,
        Tensor v,
        Tensor y,
        Tensor logSumExp,
        AttentionShape shape,
        ReadOnlySpan<Segment> segments,
        Tensor dq,
        Tensor dk,
        Tensor dv)
        where S : struct, ISimd<V>
        where V : struct
    {
        CheckShapes(q, k, v, shape, segments);
        CheckOutput(q, shape, y, logSumExp);
        CheckGradients(dy, q, k, v, y, logSumExp, segments, dq, dk, dv);

        Arena.Mark mark = arena.Here();
        var views = (SegmentView*)arena.AllocateBytes((long)segments.Length * sizeof(SegmentView));
        long rows = 0;
        for (int i = 0; i < segments.Length; i++)
        {
            Segment segment = segments[i];
            views[i] = new SegmentView(segment.Start, segment.Count, segment.Past, i * shape.KvHeads, 1, AppendAndRead(segment, k, v, 0))
            {
                KeyStart = segment.KeyStart,
                PackedRow = rows,
            };
            rows += (long)PaddedRows(segment.Count * (shape.Heads / shape.KvHeads)) * shape.KvHeads;
        }

        int keyColumns = GradientJob<S, V>.PaddedColumns(shape.KeyDim);
        int valueColumns = GradientJob<S, V>.PaddedColumns(shape.ValueDim);
        var job = new GradientJob<S, V>
        {
            Shape = shape,
            Segments = views,
            KeyColumns = keyColumns,
            ValueColumns = valueColumns,
            Q = q,
            Y = y,
            LogSumExp = logSumExp,
            Dy = dy,
            Dq = dq,
            Dk = dk,
            Dv = dv,
            Queries = (float*)arena.AllocateBytes(rows * keyColumns * sizeof(float)),
            QueryGradients = (float*)arena.AllocateBytes(rows * keyColumns * sizeof(float)),
            OutputGradients = (float*)arena.AllocateBytes(rows * valueColumns * sizeof(float)),
            Offsets = (float*)arena.AllocateBytes(rows * sizeof(float)),
            Dots = (float*)arena.AllocateBytes(rows * sizeof(float)),
        };
        pool.For(segments.Length * shape.KvHeads, 1, job);
        arena.Release(mark);
    }

    private static void CheckGradients(
        Tensor dy, Tensor q, Tensor k, Tensor v, Tensor y, Tensor logSumExp, ReadOnlySpan<Segment> segments, Tensor dq, Tensor dk, Tensor dv)
    {
        CheckSameShape(dy, y, nameof(dy));
        CheckSameShape(dq, q, nameof(dq));
        CheckSameShape(dk, k, nameof(dk));
        CheckSameShape(dv, v, nameof(dv));
        if (logSumExp.IsEmpty)
        {
            throw new ArgumentException("The backward pass needs logSumExp of the forward pass.", nameof(logSumExp));
        }

        foreach (Segment segment in segments)
        {
            if (segment.Cache is not null)
            {
                throw new ArgumentException("A segment with a cache has no gradients.", nameof(segments));
            }
        }

        static void CheckSameShape(Tensor gradient, Tensor value, string name)
        {
            if (gradient.Rows != value.Rows || gradient.Columns != value.Columns)
            {
                throw new ArgumentException($"{name} [{gradient.Rows}, {gradient.Columns}] is not [{value.Rows}, {value.Columns}].", name);
            }
        }
    }

    /// <summary>
    /// A piece is a segment and a key head: no two pieces add to the same rows and columns of dq, dk or dv, and the order inside a piece is fixed.
    /// Tiles of keys outside, blocks of 32 query rows inside. Rows are numbered as in the forward pass.
    /// </summary>
    private struct GradientJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        private const int BlockRows = 32;

        public AttentionShape Shape;
        public SegmentView* Segments;
        public int KeyColumns;
        public int ValueColumns;
        public Tensor Q;
        public Tensor Y;
        public Tensor LogSumExp;
        public Tensor Dy;
        public Tensor Dq;
        public Tensor Dk;
        public Tensor Dv;

        // Rows of all pieces, one piece after another, columns padded with 0 to whole vectors.
        public float* Queries;
        public float* QueryGradients;
        public float* OutputGradients;
        public float* Offsets;
        public float* Dots;

        private readonly int Group => Shape.Heads / Shape.KvHeads;

        public static int PaddedColumns(int columns) => (columns + S.Lanes - 1) / S.Lanes * S.Lanes;

        public readonly void Run(int from, int to)
        {
            const int Keys = AttentionTile.Keys;
            long floats = (long)Keys * ((3L * KeyColumns) + (2L * ValueColumns) + (2 * BlockRows));
            float* next = ThreadScratch.Panels(floats);
            Scratch scratch = default;
            scratch.Keys = next;
            scratch.KeysTransposed = scratch.Keys + (Keys * KeyColumns);
            scratch.KeyGradients = scratch.KeysTransposed + (Keys * KeyColumns);
            scratch.ValuesTransposed = scratch.KeyGradients + (Keys * KeyColumns);
            scratch.ValueGradients = scratch.ValuesTransposed + (Keys * ValueColumns);
            scratch.Weights = scratch.ValueGradients + (Keys * ValueColumns);
            scratch.ScoreGradients = scratch.Weights + (Keys * BlockRows);
            for (int piece = from; piece < to; piece++)
            {
                SegmentView segment = Segments[piece / Shape.KvHeads];
                int head = piece % Shape.KvHeads;
                int rows = segment.Count * Group;
                if (rows == 0)
                {
                    continue;
                }

                scratch.Row = segment.PackedRow + ((long)head * PaddedRows(rows));
                LoadRows(in scratch, in segment, head, rows);
                int end = segment.Past + segment.Count;
                int start = Shape.Window > 0 ? Math.Max(0, segment.Past - Shape.Window + 1) : 0;
                for (int tile = start / Keys * Keys; tile < end; tile += Keys)
                {
                    AddTile(in scratch, in segment, head, rows, tile, Math.Min(Keys, end - tile));
                }

                StoreRows(in scratch, in segment, head, rows);
            }
        }

        private readonly void LoadRows(in Scratch scratch, in SegmentView segment, int head, int rows)
        {
            int keyDim = Shape.KeyDim, valueDim = Shape.ValueDim, padded = PaddedRows(rows);
            float* queries = Queries + (scratch.Row * KeyColumns);
            float* gradients = OutputGradients + (scratch.Row * ValueColumns);
            new Span<float>(QueryGradients + (scratch.Row * KeyColumns), padded * KeyColumns).Clear();
            new Span<float>(queries, padded * KeyColumns).Clear();
            new Span<float>(gradients, padded * ValueColumns).Clear();
            for (int r = 0; r < rows; r++)
            {
                (int token, int member) = Math.DivRem(r, Group);
                int queryHead = (head * Group) + member;
                token += segment.Start;
                AttentionTile.Scale<S, V>(Q.Row(token) + (queryHead * keyDim), Shape.Scale, queries + ((long)r * KeyColumns), keyDim);
                float* dy = Dy.Row(token) + (queryHead * valueDim);
                new ReadOnlySpan<float>(dy, valueDim).CopyTo(new Span<float>(gradients + ((long)r * ValueColumns), valueDim));
                Offsets[scratch.Row + r] = LogSumExp.Row(token)[queryHead];
                Dots[scratch.Row + r] = AttentionTile.Dot<S, V>(dy, Y.Row(token) + (queryHead * valueDim), valueDim);
            }
        }

        private readonly void AddTile(in Scratch scratch, in SegmentView segment, int head, int rows, int tile, int keys)
        {
            const int Keys = AttentionTile.Keys;
            float* key = segment.Keys.Keys(tile) + (head * Shape.KeyDim);
            float* value = segment.Keys.Values(tile) + (head * Shape.ValueDim);
            AttentionTile.Copy(key, segment.Keys.KeyStride, keys, Shape.KeyDim, scratch.Keys, KeyColumns, Keys);
            AttentionTile.Transpose(key, segment.Keys.KeyStride, keys, Shape.KeyDim, scratch.KeysTransposed);
            AttentionTile.Transpose(value, segment.Keys.ValueStride, keys, Shape.ValueDim, scratch.ValuesTransposed);
            new Span<float>(scratch.KeyGradients, Keys * KeyColumns).Clear();
            new Span<float>(scratch.ValueGradients, Keys * ValueColumns).Clear();

            int first = Math.Max(0, tile - segment.Past) * Group / AttentionTile.Rows * AttentionTile.Rows;
            int last = Shape.Window > 0 ? (int)Math.Min(rows, ((long)tile + keys - 1 + Shape.Window - segment.Past) * Group) : rows;
            for (int block = first; block < last; block += BlockRows)
            {
                int blockRows = Math.Min(BlockRows, last - block);
                Scores(in scratch, in segment, tile, block, blockRows, rows);
                float* queries = Queries + ((scratch.Row + block) * KeyColumns);
                float* gradients = OutputGradients + ((scratch.Row + block) * ValueColumns);
                for (int j = 0; j < keys; j += AttentionTile.Rows)
                {
                    // Rows before the first that sees these four keys have weight 0.
                    int skipped = Math.Clamp(((tile + j - segment.Past) * Group) - block, 0, blockRows);
                    AttentionTile.MultiplyColumns<S, V>(
                        scratch.Weights + (skipped * Keys) + j,
                        Keys,
                        blockRows - skipped,
                        gradients + (skipped * ValueColumns),
                        ValueColumns,
                        scratch.ValueGradients + (j * ValueColumns),
                        ValueColumns,
                        ValueColumns);
                    AttentionTile.MultiplyColumns<S, V>(
                        scratch.ScoreGradients + (skipped * Keys) + j,
                        Keys,
                        blockRows - skipped,
                        queries + (skipped * KeyColumns),
                        KeyColumns,
                        scratch.KeyGradients + (j * KeyColumns),
                        KeyColumns,
                        KeyColumns);
                }
            }

            // One after the other: dv may be columns of dk.
            for (int j = 0; j < keys; j++)
            {
                int row = segment.KeyStart + tile + j;
                AttentionTile.Add<S, V>(scratch.KeyGradients + (j * KeyColumns), 1, Dk.Row(row) + (head * Shape.KeyDim), Shape.KeyDim);
                AttentionTile.Add<S, V>(scratch.ValueGradients + (j * ValueColumns), 1, Dv.Row(row) + (head * Shape.ValueDim), Shape.ValueDim);
            }
        }

        /// <summary>Weights P and score gradients dS of a block of rows on one tile, and what dS adds to dq.</summary>
        private readonly void Scores(in Scratch scratch, in SegmentView segment, int tile, int block, int blockRows, int rows)
        {
            const int Keys = AttentionTile.Keys;
            for (int r = 0; r < blockRows; r += AttentionTile.Rows)
            {
                int row = block + r;
                float* weights = scratch.Weights + (r * Keys);
                float* scores = scratch.ScoreGradients + (r * Keys);
                int to = LastVisible(segment.Past + ((Math.Min(row + AttentionTile.Rows, rows) - 1) / Group), tile);
                int from = FirstVisible(segment.Past + (row / Group), tile, Shape.Window);
                if (from >= to)
                {
                    new Span<float>(weights, AttentionTile.Rows * Keys).Clear();
                    new Span<float>(scores, AttentionTile.Rows * Keys).Clear();
                    continue;
                }

                AttentionTile.MultiplyRows<S, V>(
                    Queries + ((scratch.Row + row) * KeyColumns), KeyColumns, Shape.KeyDim, scratch.KeysTransposed, Keys, weights, Keys, Keys, false);
                AttentionTile.MultiplyRows<S, V>(
                    OutputGradients + ((scratch.Row + row) * ValueColumns), ValueColumns, Shape.ValueDim, scratch.ValuesTransposed, Keys, scores, Keys, Keys, false);
                for (int i = 0; i < AttentionTile.Rows; i++)
                {
                    int position = segment.Past + ((row + i) / Group);
                    int rowTo = row + i < rows ? LastVisible(position, tile) : 0;
                    Weigh(weights + (i * Keys), scores + (i * Keys), FirstVisible(position, tile, Shape.Window), rowTo, scratch.Row + row + i);
                }

                AttentionTile.MultiplyRows<S, V>(
                    scores + from, Keys, to - from, scratch.Keys + (from * KeyColumns), KeyColumns, QueryGradients + ((scratch.Row + row) * KeyColumns), KeyColumns, KeyColumns, true);
            }
        }

        // weights: s -> P = exp(s - logSumExp); scores: dy v -> dS = P (dy v - D). Both 0 for keys outside [from, to).
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Weigh(float* weights, float* scores, int from, int to, long row)
        {
            if (from >= to)
            {
                new Span<float>(weights, AttentionTile.Keys).Clear();
                new Span<float>(scores, AttentionTile.Keys).Clear();
                return;
            }

            float* before = AttentionTile.MaskBefore(from);
            float* after = AttentionTile.MaskFrom(to);
            V offset = S.Broadcast(Offsets[row]);
            V dot = S.Broadcast(Dots[row]);
            for (int j = 0; j < AttentionTile.Keys; j += S.Lanes)
            {
                V score = S.Add(S.Add(S.Load(weights + j), S.Load(before + j)), S.Load(after + j));
                V weight = S.Exp(S.Subtract(score, offset));
                S.Store(weights + j, weight);
                S.Store(scores + j, S.Multiply(weight, S.Subtract(S.Load(scores + j), dot)));
            }
        }

        private readonly void StoreRows(in Scratch scratch, in SegmentView segment, int head, int rows)
        {
            for (int r = 0; r < rows; r++)
            {
                (int token, int member) = Math.DivRem(r, Group);
                float* target = Dq.Row(segment.Start + token) + (((head * Group) + member) * Shape.KeyDim);
                AttentionTile.Add<S, V>(QueryGradients + ((scratch.Row + r) * KeyColumns), Shape.Scale, target, Shape.KeyDim);
            }
        }

        /// <summary>A thread's memory for one tile, and where the piece's packed rows begin.</summary>
        private struct Scratch
        {
            public long Row;
            public float* Keys;
            public float* KeysTransposed;
            public float* KeyGradients;
            public float* ValuesTransposed;
            public float* ValueGradients;
            public float* Weights;
            public float* ScoreGradients;
        }
    }
}
