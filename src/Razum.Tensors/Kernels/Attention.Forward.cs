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
        private int Group => shape.Heads / shape.KvHeads;

        private int PaddedValues => (shape.ValueDim + S.Lanes - 1) / S.Lanes * S.Lanes;

        public void Run(int from, int to)
        {
            int keyDim = shape.KeyDim, values = PaddedValues;
            int room = blockRows; // for the padded rows of all heads of a piece
            long floats = ((long)room * (keyDim + values + 3)) + ((long)AttentionTile.Keys * (keyDim + values + AttentionTile.Rows));
            float* next = ThreadScratch.Panels(floats + 256);
            var scratch = new Scratch
            {
                Queries = Take(ref next, room * keyDim),
                Output = Take(ref next, room * values),
                Keys = Take(ref next, AttentionTile.Keys * keyDim),
                Values = Take(ref next, AttentionTile.Keys * values),
                Scores = Take(ref next, AttentionTile.Keys * AttentionTile.Rows),
                Max = Take(ref next, room),
                Sum = Take(ref next, room),
                Positions = (int*)Take(ref next, room),
            };
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
                LoadQueries(scratch.From(h * padded, shape.KeyDim, PaddedValues), in segment, firstHead + h, firstRow, rows, padded);
            }

            int end = scratch.Positions[rows - 1] + 1;
            int start = shape.Window > 0 ? Math.Max(segment.Keys.First, scratch.Positions[0] - shape.Window + 1) : segment.Keys.First;
            for (int tile = start / AttentionTile.Keys * AttentionTile.Keys; tile < end; tile += AttentionTile.Keys)
            {
                for (int h = 0; h < heads; h++)
                {
                    Tile(scratch.From(h * padded, shape.KeyDim, PaddedValues), in segment, firstHead + h, rows, tile, Math.Min(AttentionTile.Keys, end - tile));
                }
            }

            for (int h = 0; h < heads; h++)
            {
                Store(scratch.From(h * padded, shape.KeyDim, PaddedValues), in segment, firstHead + h, firstRow, rows);
            }
        }

        private void Tile(in Scratch scratch, in SegmentView segment, int head, int rows, int tile, int keys)
        {
            int keyDim = shape.KeyDim, values = PaddedValues;
            AttentionTile.Transpose(segment.Keys.Keys(tile) + (head * keyDim), segment.Keys.KeyStride, keys, keyDim, scratch.Keys);
            float* value = segment.Keys.Values(tile) + (head * shape.ValueDim);
            int valueStride = segment.Keys.ValueStride;
            if (values != shape.ValueDim || rows >= 16)
            {
                AttentionTile.Copy(value, valueStride, keys, shape.ValueDim, scratch.Values, values, keys);
                value = scratch.Values;
                valueStride = values;
            }

            for (int r = 0; r < rows; r += AttentionTile.Rows)
            {
                int last = Math.Min(r + AttentionTile.Rows, rows) - 1;
                int to = LastVisible(scratch.Positions[last], tile);
                int from = FirstVisible(scratch.Positions[r], tile, shape.Window, segment.Keys.First);
                if (from >= to)
                {
                    continue;
                }

                AttentionTile.MultiplyRows<S, V>(
                    scratch.Queries + (r * keyDim), keyDim, keyDim, scratch.Keys, AttentionTile.Keys, scratch.Scores, AttentionTile.Keys, AttentionTile.Keys, false);
                for (int i = 0; i < AttentionTile.Rows; i++)
                {
                    float* row = scratch.Scores + (i * AttentionTile.Keys);
                    if (r + i > last || !Soften(in scratch, r + i, row, tile, segment.Keys.First))
                    {
                        new Span<float>(row, AttentionTile.Keys).Clear();
                    }
                }

                AttentionTile.MultiplyRows<S, V>(
                    scratch.Scores + from, AttentionTile.Keys, to - from, value + ((long)from * valueStride), valueStride, scratch.Output + (r * values), values, values, true);
            }
        }

        private void LoadQueries(in Scratch scratch, in SegmentView segment, int head, int firstRow, int rows, int padded)
        {
            int keyDim = shape.KeyDim;
            for (int r = 0; r < rows; r++)
            {
                (int token, int member) = Math.DivRem(firstRow + r, Group);
                float* source = q.Row(segment.Start + token) + (((head * Group) + member) * keyDim);
                float* target = scratch.Queries + (r * keyDim);
                AttentionTile.Scale<S, V>(source, shape.Scale, target, keyDim);
                scratch.Positions[r] = segment.Past + token;
                scratch.Max[r] = float.NegativeInfinity;
                scratch.Sum[r] = 0;
            }

            new Span<float>(scratch.Queries + (rows * keyDim), (padded - rows) * keyDim).Clear();
            new Span<float>(scratch.Output, padded * PaddedValues).Clear();
        }

        /// <summary>One step of online softmax: scores become exp(score - max); what the row holds is brought to the new max. False when the row sees no key of the tile.</summary>
        private bool Soften(in Scratch scratch, int r, float* scores, int tile, int first)
        {
            int to = LastVisible(scratch.Positions[r], tile);
            int from = FirstVisible(scratch.Positions[r], tile, shape.Window, first);
            if (from >= to)
            {
                return false;
            }

            float* before = AttentionTile.MaskBefore(from);
            float* after = AttentionTile.MaskFrom(to);
            V max = S.Broadcast(float.NegativeInfinity);
            for (int j = 0; j < AttentionTile.Keys; j += S.Lanes)
            {
                V score = S.Add(S.Add(S.Load(scores + j), S.Load(before + j)), S.Load(after + j));
                S.Store(scores + j, score);
                max = S.Max(max, score);
            }

            float old = scratch.Max[r];
            float highest = MathF.Max(old, S.MaxLane(max));
            V sum = S.Zero;
            for (int j = 0; j < AttentionTile.Keys; j += S.Lanes)
            {
                V weight = S.Exp(S.Subtract(S.Load(scores + j), S.Broadcast(highest)));
                S.Store(scores + j, weight);
                sum = S.Add(sum, weight);
            }

            float total = scratch.Sum[r];
            if (highest > old && total > 0)
            {
                V scale = S.Exp(S.Broadcast(old - highest));
                total *= S.MaxLane(scale);
                float* output = scratch.Output + (r * PaddedValues);
                for (int c = 0; c < PaddedValues; c += S.Lanes)
                {
                    S.Store(output + c, S.Multiply(S.Load(output + c), scale));
                }
            }

            scratch.Max[r] = highest;
            scratch.Sum[r] = total + S.Sum(sum);
            return true;
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

        /// <summary>A thread's memory for a block: scaled queries [rows, KeyDim], running output, max and sum, one tile of keys (transposed) and values, four rows of scores.</summary>
        private struct Scratch
        {
            public float* Queries;
            public float* Output;
            public float* Keys;
            public float* Values;
            public float* Scores;
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
                Max = Max + row,
                Sum = Sum + row,
                Positions = Positions + row,
            };
        }
    }
}
