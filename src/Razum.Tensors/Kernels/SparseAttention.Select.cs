using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>The indexer: scores of all keys that a row sees, and the choice of the highest.</summary>
internal static unsafe partial class SparseAttention
{
    /// <summary>Scores kept at a time, unless one row has more.</summary>
    private const int MostScores = 1 << 20;

    /// <summary>Keys of a row in a piece of work; whole tiles.</summary>
    private const int PieceKeys = 16 * AttentionTile.Keys;

    private static void Select<S, V>(
        WorkerPool pool,
        Arena arena,
        QueryRow* queries,
        int count,
        Tensor indexQueries,
        Tensor indexWeights,
        int keyDim,
        IndexShape index,
        SelectedKeys selected)
        where S : struct, ISimd<V>
        where V : struct
    {
        int longest = 0;
        for (int i = 0; i < count; i++)
        {
            longest = queries[i].Visible > index.TopK ? Math.Max(longest, queries[i].Keys.Count) : longest;
        }

        int parts = (longest + PieceKeys - 1) / PieceKeys;
        int stride = parts * PieceKeys;
        int most = longest == 0 ? count : Math.Clamp(MostScores / stride, 1, count);
        float* scores = longest == 0 ? null : (float*)arena.AllocateBytes((long)most * stride * sizeof(float));
        for (int first = 0; first < count; first += most)
        {
            int rows = Math.Min(most, count - first);
            var scoring = new ScoreJob<S, V>
            {
                Queries = queries + first,
                IndexQueries = indexQueries,
                IndexWeights = indexWeights,
                KeyDim = keyDim,
                Index = index,
                Parts = parts,
                Scores = scores,
            };
            pool.For(rows * parts, 1, scoring, (long)rows * longest * index.Heads * index.Dim);
            pool.For(rows, 1, new SelectJob { Queries = queries + first, TopK = index.TopK, Scores = scores, Stride = stride, Selected = selected }, (long)rows * longest);
        }
    }

    /// <summary>
    /// Ids of the <paramref name="topK"/> highest of more scores than that, ascending. Equal scores, 0 and -0 among them: the lowest ids. Scores that are not
    /// numbers have a place in the order too, so that a choice is always made.
    /// </summary>
    private static void Choose(float* scores, int count, int topK, int* ids)
    {
        uint threshold = Threshold(scores, count, topK, out int equal);
        int taken = 0;
        for (int i = 0; i < count; i++)
        {
            uint key = Key(scores[i]);
            if (key > threshold || (key == threshold && equal-- > 0))
            {
                ids[taken++] = i;
            }
        }
    }

    /// <summary>The <paramref name="rank"/>-th highest key, found byte by byte; <paramref name="equal"/>: how many of those equal to it are among the highest.</summary>
    private static uint Threshold(float* scores, int count, int rank, out int equal)
    {
        int* bins = stackalloc int[256];
        (uint prefix, uint mask) = (0, 0);
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            new Span<int>(bins, 256).Clear();
            for (int i = 0; i < count; i++)
            {
                uint key = Key(scores[i]);
                if ((key & mask) == prefix)
                {
                    bins[(key >> shift) & 255]++;
                }
            }

            int bin = 255;
            while (bins[bin] < rank)
            {
                rank -= bins[bin];
                bin--;
            }

            prefix |= (uint)bin << shift;
            mask |= 255u << shift;
        }

        equal = rank;
        return prefix;
    }

    /// <summary>An integer that orders as the score does.</summary>
    private static uint Key(float score)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f); // -0 becomes 0
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    /// <summary>
    /// A piece is a row and some of its keys. Scores of a tile of keys are made head by head in ascending order, a chain of fused multiply-adds in every
    /// dot product, one lane to a key. Rows that see no more keys than they may attend to need none.
    /// </summary>
    private struct ScoreJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public QueryRow* Queries;
        public Tensor IndexQueries;
        public Tensor IndexWeights;
        public int KeyDim;
        public IndexShape Index;
        public int Parts;
        public float* Scores;

        private readonly int PaddedHeads => (Index.Heads + AttentionTile.Rows - 1) / AttentionTile.Rows * AttentionTile.Rows;

        public readonly void Run(int from, int to)
        {
            int heads = PaddedHeads;
            float* queries = ThreadScratch.Left(((long)heads * (Index.Dim + 1)) + (AttentionTile.Keys * (Index.Dim + AttentionTile.Rows)));
            float* weights = queries + (heads * Index.Dim);
            float* keys = weights + heads;
            float* dots = keys + (AttentionTile.Keys * Index.Dim);
            int loaded = -1;
            for (int piece = from; piece < to; piece++)
            {
                (int i, int part) = Math.DivRem(piece, Parts);
                int end = Math.Min((part + 1) * PieceKeys, Queries[i].Keys.Count);
                if (Queries[i].Visible <= Index.TopK || part * PieceKeys >= end)
                {
                    continue;
                }

                if (loaded != i)
                {
                    Load(Queries[i].Row, queries, weights);
                    loaded = i;
                }

                float* scores = Scores + ((long)i * Parts * PieceKeys);
                for (int tile = part * PieceKeys; tile < end; tile += AttentionTile.Keys)
                {
                    float* key = Queries[i].Keys.Keys(tile) + KeyDim;
                    AttentionTile.Transpose(key, Queries[i].Keys.KeyStride, Math.Min(AttentionTile.Keys, end - tile), Index.Dim, keys);
                    Tile(queries, weights, heads, keys, dots, scores + tile);
                }
            }
        }

        /// <summary>The queries and weights of a row, with heads of weight 0 up to a multiple of four.</summary>
        private readonly void Load(int row, float* queries, float* weights)
        {
            int spare = PaddedHeads - Index.Heads;
            IndexQueries[row].CopyTo(new Span<float>(queries, IndexQueries.Columns));
            new Span<float>(queries + IndexQueries.Columns, spare * Index.Dim).Clear();
            IndexWeights[row].CopyTo(new Span<float>(weights, Index.Heads));
            new Span<float>(weights + Index.Heads, spare).Clear();
        }

        private readonly void Tile(float* queries, float* weights, int heads, float* keys, float* dots, float* scores)
        {
            const int Keys = AttentionTile.Keys;
            new Span<float>(scores, Keys).Clear();
            for (int h = 0; h < heads; h += AttentionTile.Rows)
            {
                AttentionTile.MultiplyRows<S, V>(queries + (h * Index.Dim), Index.Dim, Index.Dim, keys, Keys, dots, Keys, Keys, false);
                for (int i = 0; i < AttentionTile.Rows; i++)
                {
                    V weight = S.Broadcast(weights[h + i]);
                    for (int j = 0; j < Keys; j += S.Lanes)
                    {
                        S.Store(scores + j, S.Fma(weight, S.Max(S.Load(dots + (i * Keys) + j), S.Zero), S.Load(scores + j)));
                    }
                }
            }
        }
    }

    private struct SelectJob : IRangeJob
    {
        public QueryRow* Queries;
        public int TopK;
        public float* Scores;
        public int Stride;
        public SelectedKeys Selected;

        public readonly void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                int visible = Queries[i].Visible;
                int* ids = Selected.Row(Queries[i].Row);
                if (visible > TopK)
                {
                    Choose(Scores + ((long)i * Stride) + Queries[i].Keys.First, visible, TopK, ids);
                    continue;
                }

                for (int j = 0; j < Selected.Width; j++)
                {
                    ids[j] = j < visible ? j : -1;
                }
            }
        }
    }
}
