using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

internal static unsafe partial class Attention
{
    /// <summary>
    /// A piece is a block of query rows that read the same keys: (segment, key head, rows). Row r of a segment and key head is token r / R, query head
    /// head * R + r % R, with R = H / KvHeads; so the heads that share keys are worked on together, and decoding one token has R rows.
    /// Where a segment has few rows, several key heads are one piece and take turns on every tile, so that a cache is read in the order it lies in memory.
    /// </summary>
    private readonly struct ForwardJob<S, V>(Tensor q, Tensor y, Tensor logSumExp, AttentionShape shape, SegmentView* segments, int segmentCount, int blockRows)
        : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        /// <summary>From so many rows on a tile is copied first: its rows may lie at distances that a cache of the processor holds badly.</summary>
        private const int RowsToCopy = 16;

        private int Group => shape.Heads / shape.KvHeads;

        private int PaddedKeys => (shape.KeyDim + S.Lanes - 1) / S.Lanes * S.Lanes;

        private int PaddedValues => (shape.ValueDim + S.Lanes - 1) / S.Lanes * S.Lanes;

        public void Run(int from, int to)
        {
            int keys = PaddedKeys, values = PaddedValues;
            int room = blockRows; // for the padded rows of all heads of a piece
            long floats = ((long)room * (keys + values + 3)) + ((long)AttentionTile.Keys * (keys + values + AttentionTile.Rows));
            float* next = ThreadScratch.Panels(floats + 256);
            var scratch = new Scratch
            {
                Queries = Take(ref next, room * keys),
                Output = Take(ref next, room * values),
                Keys = Take(ref next, AttentionTile.Keys * keys),
                Values = Take(ref next, AttentionTile.Keys * values),
                Scores = Take(ref next, AttentionTile.Keys * AttentionTile.Rows),
                Scale = Take(ref next, Math.Max(S.Lanes, AttentionTile.Rows)),
                Max = Take(ref next, room),
                Sum = Take(ref next, room),
                Positions = (int*)Take(ref next, room),
            };
            new Span<float>(scratch.Scale, S.Lanes).Clear();
            for (int piece = from; piece < to; piece++)
            {
                int s = SegmentView.Find(segments, segmentCount, piece);

                // Late blocks see the most keys, so they go first.
                (int part, int block) = Math.DivRem(piece - segments[s].FirstPiece, segments[s].Blocks);
                int row = (segments[s].Blocks - 1 - block) * blockRows;
                int head = part * segments[s].PieceHeads;
                int heads = Math.Min(segments[s].PieceHeads, shape.KvHeads - head);
                Block(in scratch, in segments[s], head, heads, row, Math.Min(blockRows, (segments[s].Count * Group) - row));
            }
        }

        private static float* Take(ref float* next, int count)
        {
            float* taken = next;
            next += (count + 15) & ~15;
            return taken;
        }

        private void Block(in Scratch scratch, in SegmentView segment, int firstHead, int heads, int firstRow, int rows)
        {
            int padded = PaddedRows(rows);
            for (int h = 0; h < heads; h++)
            {
                LoadQueries(scratch.From(h * padded, PaddedKeys, PaddedValues), in segment, firstHead + h, firstRow, rows, padded);
            }

            int end = scratch.Positions[rows - 1] + 1;
            int start = shape.Window > 0 ? Math.Max(segment.Keys.First, scratch.Positions[0] - shape.Window + 1) : segment.Keys.First;
            for (int tile = start / AttentionTile.Keys * AttentionTile.Keys; tile < end; tile += AttentionTile.Keys)
            {
                for (int h = 0; h < heads; h++)
                {
                    Tile(scratch.From(h * padded, PaddedKeys, PaddedValues), in segment, firstHead + h, rows, tile, end);
                }
            }

            for (int h = 0; h < heads; h++)
            {
                Store(scratch.From(h * padded, PaddedKeys, PaddedValues), in segment, firstHead + h, firstRow, rows);
            }
        }

        private void Tile(in Scratch scratch, in SegmentView segment, int head, int rows, int tile, int end)
        {
            int keys = PaddedKeys, values = PaddedValues;
            int count = Math.Min(AttentionTile.Keys, end - tile);
            float* key = segment.Keys.Keys(tile) + (head * shape.KeyDim);
            float* ahead = tile + AttentionTile.Keys < end ? segment.Keys.Keys(tile + AttentionTile.Keys) + (head * shape.KeyDim) : null;
            int keyStride = segment.Keys.KeyStride;
            if (keys != shape.KeyDim || rows >= RowsToCopy)
            {
                AttentionTile.Copy(key, keyStride, count, shape.KeyDim, scratch.Keys, keys, count);
                key = scratch.Keys;
                keyStride = keys;
                ahead = null;
            }

            float* value = segment.Keys.Values(tile) + (head * shape.ValueDim);
            int valueStride = segment.Keys.ValueStride;
            if (values != shape.ValueDim || rows >= RowsToCopy)
            {
                AttentionTile.Copy(value, valueStride, count, shape.ValueDim, scratch.Values, values, count);
                value = scratch.Values;
                valueStride = values;
            }

            int* first = stackalloc int[AttentionTile.Rows];
            int* last = stackalloc int[AttentionTile.Rows];
            for (int r = 0; r < rows; r += AttentionTile.Rows)
            {
                for (int i = 0; i < AttentionTile.Rows; i++)
                {
                    first[i] = FirstVisible(scratch.Positions[r + i], tile, shape.Window, segment.Keys.First);
                    last[i] = LastVisible(scratch.Positions[r + i], tile);
                }

                (int from, int to) = (first[0], last[AttentionTile.Rows - 1]);
                if (from >= to)
                {
                    continue;
                }

                AttentionTile.Scores<S, V>(scratch.Queries + (r * keys), keys, keys, key, keyStride, from, to, ahead, scratch.Scores);
                AttentionTile.Soften<S, V>(scratch.Scores, first, last, scratch.Max + r, scratch.Sum + r, scratch.Scale);
                float* output = scratch.Output + (r * values);
                Rescale(output, values, scratch.Scale);
                AttentionTile.MultiplyRows<S, V>(
                    scratch.Scores + from, AttentionTile.Keys, to - from, value + ((long)from * valueStride), valueStride, output, values, values, true);
            }
        }

        private void LoadQueries(in Scratch scratch, in SegmentView segment, int head, int firstRow, int rows, int padded)
        {
            int keyDim = shape.KeyDim, keys = PaddedKeys;
            if (keys != keyDim || rows != padded)
            {
                new Span<float>(scratch.Queries, padded * keys).Clear();
            }

            for (int r = 0; r < padded; r++)
            {
                (int token, int member) = Math.DivRem(firstRow + Math.Min(r, rows - 1), Group);
                scratch.Positions[r] = segment.Past + token;
                scratch.Max[r] = float.MinValue; // not -inf: its difference to itself is 0
                scratch.Sum[r] = 0;
                if (r < rows)
                {
                    AttentionTile.Scale<S, V>(q.Row(segment.Start + token) + (((head * Group) + member) * keyDim), shape.Scale, scratch.Queries + (r * keys), keyDim);
                }
            }

            new Span<float>(scratch.Output, padded * PaddedValues).Clear();
        }

        /// <summary>Multiplies four rows by a number each, mostly 1.</summary>
        private static void Rescale(float* rows, int columns, float* scale)
        {
            for (int i = 0; i < AttentionTile.Rows; i++, rows += columns)
            {
                if (scale[i] == 1)
                {
                    continue;
                }

                V factor = S.Broadcast(scale[i]);
                for (int c = 0; c < columns; c += S.Lanes)
                {
                    S.Store(rows + c, S.Multiply(S.Load(rows + c), factor));
                }
            }
        }

        private void Store(in Scratch scratch, in SegmentView segment, int head, int firstRow, int rows)
        {
            for (int r = 0; r < rows; r++)
            {
                (int token, int member) = Math.DivRem(firstRow + r, Group);
                int queryHead = (head * Group) + member;
                float* source = scratch.Output + (r * PaddedValues);
                float* target = y.Row(segment.Start + token) + (queryHead * shape.ValueDim);
                V scale = S.Broadcast(1 / scratch.Sum[r]);
                for (int c = 0; c < shape.ValueDim; c += S.Lanes)
                {
                    // Adding 0 turns -0 into 0: masked keys (weight 0) may have done so already, or not.
                    S.StorePartial(target + c, S.Fma(S.Load(source + c), scale, S.Zero), Math.Min(S.Lanes, shape.ValueDim - c));
                }

                if (!logSumExp.IsEmpty)
                {
                    logSumExp.Row(segment.Start + token)[queryHead] = scratch.Max[r] + MathF.Log(scratch.Sum[r]);
                }
            }
        }

        /// <summary>A thread's memory for a block: scaled queries [rows, KeyDim], running output, max and sum, one tile of keys and values, four rows of scores and what they scale the output by.</summary>
        private struct Scratch
        {
            public float* Queries;
            public float* Output;
            public float* Keys;
            public float* Values;
            public float* Scores;
            public float* Scale;
            public float* Max;
            public float* Sum;
            public int* Positions;

            /// <summary>The same memory with its rows beginning at <paramref name="row"/>.</summary>
            public readonly Scratch From(int row, int keyColumns, int valueColumns) => new()
            {
                Queries = Queries + (row * keyColumns),
                Output = Output + (row * valueColumns),
                Keys = Keys,
                Values = Values,
                Scores = Scores,
                Scale = Scale,
                Max = Max + row,
                Sum = Sum + row,
                Positions = Positions + row,
            };
        }
    }
}
