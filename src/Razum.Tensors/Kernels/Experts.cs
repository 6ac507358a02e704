using System.Runtime.CompilerServices;
using Razum.Tensors.Formats;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;
using ThreadScratch = Razum.Tensors.Kernels.MatMul.ThreadScratch;

namespace Razum.Tensors.Kernels;

/// <summary>What the backward pass of the experts needs of the forward pass: rows sorted by expert, and gate and up of every place. In an arena.</summary>
internal readonly record struct ExpertActivations(ExpertGroups Groups, Tensor Gate, Tensor Up);

/// <summary>
/// y[t] = sum over the slots k of a row, ascending, of weight[t, k] * down_e(silu(gate_e x[t]) * up_e x[t]), e = ids[t, k].
/// Rows are gathered per expert (one sort of all rows, then products over an expert's rows); the result of a row does not depend on which other
/// rows its experts have. Experts in block formats multiply x and the hidden activations rounded to bytes, once for all experts.
/// x, y [T, D]; gate, up [mi, D]; down [D, mi]; activations [T*K, mi], sorted by expert.
/// </summary>
internal static unsafe partial class Experts
{
    /// <param name="roundsHidden">Whether hidden activations are rounded to E4M3 for the last product, as x was for the first ones (<see cref="Float8Rows"/>).</param>
    internal static void Forward<S, V>(
        WorkerPool pool, Arena arena, Tensor x, in Routing routing, ExpertWeights experts, Tensor y, out ExpertActivations saved, bool roundsHidden = false)
        where S : struct, ISimd<V>
        where V : struct
    {
        Check(x, routing, experts, y);
        int inner = experts.Gate[0].Rows;
        ExpertGroups groups = ExpertGroups.Create(arena, routing);
        saved = new ExpertActivations(groups, arena.Allocate(groups.Count, inner), arena.Allocate(groups.Count, inner)); // [T*K, mi]
        PackBusy(pool, groups, experts);

        Arena.Mark mark = arena.Here();
        Tensor hidden = arena.Allocate(groups.Count, inner); // [T*K, mi]
        Tensor outputs = arena.Allocate(groups.Count, y.Columns); // [T*K, D]
        long work = (long)groups.Count * inner * y.Columns;
        ExpertPieces pieces = groups.Cut(arena, inner, pool.Threads);
        ActivationBlock* blocks = ToBytes<S, V>(pool, arena, experts.Gate, experts.Up, x);
        pool.For(pieces.Count, 1, new GateUpJob<S, V>(pieces, saved, x, blocks, experts, hidden), 2 * work);
        if (roundsHidden)
        {
            Float8Rows.Round(pool, hidden, experts.Down[0].PowerOfTwoScales, hidden);
        }

        pieces = groups.Cut(arena, y.Columns, pool.Threads);
        blocks = ToBytes<S, V>(pool, arena, experts.Down, experts.Down, hidden);
        pool.For(pieces.Count, 1, new DownJob<S, V>(pieces, experts, hidden, blocks, outputs), work);
        pool.For(y.Rows, 16, new CombineJob<S, V>(groups, routing.TopK, routing.Weights, outputs, y, false));
        arena.Release(mark);
    }

    /// <summary>The same in double precision, row by row.</summary>
    internal static void Reference(Tensor x, in Routing routing, ExpertWeights experts, Tensor y)
    {
        int inner = experts.Gate[0].Rows;
        double[] hidden = new double[inner];
        double[] sum = new double[y.Columns];
        for (int t = 0; t < x.Rows; t++)
        {
            Array.Clear(sum);
            for (int k = 0; k < routing.TopK; k++)
            {
                int e = routing[t][k];
                for (int i = 0; i < inner; i++)
                {
                    double gate = Dot(experts.Gate[e], i, x[t]);
                    hidden[i] = gate / (1 + Math.Exp(-gate)) * Dot(experts.Up[e], i, x[t]);
                }

                float[] down = experts.Down[e].ToArray();
                for (int d = 0; d < sum.Length; d++)
                {
                    double value = 0;
                    for (int i = 0; i < inner; i++)
                    {
                        value += hidden[i] * down[((long)d * inner) + i];
                    }

                    sum[d] += routing.Weights[t][k] * value;
                }
            }

            for (int d = 0; d < sum.Length; d++)
            {
                y[t][d] = (float)sum[d];
            }
        }
    }

    private static double Dot(Weight w, int row, ReadOnlySpan<float> x)
    {
        float* values = ThreadScratch.Left(w.Columns);
        w.CopyRow(row, values);
        double sum = 0;
        for (int k = 0; k < x.Length; k++)
        {
            sum += (double)x[k] * values[k];
        }

        return sum;
    }

    private static void Check(Tensor x, in Routing routing, ExpertWeights experts, Tensor y)
    {
        if (routing.Rows != x.Rows || routing.Experts != experts.Count || y.Rows != x.Rows || y.Columns != x.Columns
            || x.Columns != experts.Gate[0].Columns || y.Columns != experts.Down[0].Rows)
        {
            throw new ArgumentException(
                $"{experts.Count} experts [{experts.Gate[0].Rows}, {experts.Gate[0].Columns}], {routing.Rows} rows routed to {routing.Experts} experts, " +
                $"[{x.Rows}, {x.Columns}] to [{y.Rows}, {y.Columns}]");
        }
    }

    private static void PackBusy(WorkerPool pool, ExpertGroups groups, ExpertWeights experts)
    {
        for (int b = 0; b < groups.BusyCount; b++)
        {
            int e = groups.Busy[b];
            MappedPages.Expect(experts.Gate[e]);
            MappedPages.Expect(experts.Up[e]);
            MappedPages.Expect(experts.Down[e]);
        }

        for (int b = 0; b < groups.BusyCount; b++)
        {
            int e = groups.Busy[b];
            if (!PackedWeight.IsCurrent(experts.Gate[e]) || !PackedWeight.IsCurrent(experts.Up[e]) || !PackedWeight.IsCurrent(experts.Down[e]))
            {
                lock (experts.Gate)
                {
                    pool.For(groups.BusyCount, 1, new PackJob(groups, experts));
                }

                return;
            }
        }
    }

    /// <summary>target = rows of x that belong to a piece, one after the other.</summary>
    private static float* Gather(ExpertGroups groups, int place, int rows, Tensor x, int from, int columns)
    {
        float* gathered = ThreadScratch.Rows((long)rows * columns);
        for (int i = 0; i < rows; i++)
        {
            new ReadOnlySpan<float>(x.Row(groups.Row[place + i]) + from, columns).CopyTo(new Span<float>(gathered + ((long)i * columns), columns));
        }

        return gathered;
    }

    /// <summary>x rounded to bytes if a matrix of the experts is read as tiles; null if none is.</summary>
    private static ActivationBlock* ToBytes<S, V>(WorkerPool pool, Arena arena, Weight[] one, Weight[] other, Tensor x)
        where S : struct, ISimd<V>
        where V : struct
    {
        bool needed = false;
        for (int e = 0; e < one.Length; e++)
        {
            needed |= one[e].ReadsBytes || other[e].ReadsBytes;
        }

        if (!needed)
        {
            return null;
        }

        var blocks = (ActivationBlock*)arena.AllocateBytes((long)x.Rows * QuantisedRows.Stride(x.Columns) * sizeof(ActivationBlock));
        QuantisedRows.Fill<S, V>(pool, x, blocks);
        return blocks;
    }

    /// <summary>The same as <see cref="Gather(ExpertGroups, int, int, Tensor, int, int)"/> for rows of <paramref name="stride"/> blocks.</summary>
    private static ActivationBlock* Gather(ExpertGroups groups, int place, int rows, ActivationBlock* x, int stride)
    {
        var gathered = (ActivationBlock*)ThreadScratch.Rows((long)rows * stride * sizeof(ActivationBlock) / sizeof(float));
        for (int i = 0; i < rows; i++)
        {
            ActivationBlock* row = x + ((long)groups.Row[place + i] * stride);
            new ReadOnlySpan<ActivationBlock>(row, stride).CopyTo(new Span<ActivationBlock>(gathered + (i * stride), stride));
        }

        return gathered;
    }

    /// <summary>c = a W^T for rows of a piece and its columns, from tiles.</summary>
    private static void Multiply<S, V>(ActivationBlock* a, int rows, Weight w, int from, int to, Tensor c, int row)
        where S : struct, ISimd<V>
        where V : struct => TileProduct.Multiply<S, V>(
            a, QuantisedRows.Stride(w.Columns), rows, w, w.Reading == WeightReading.Tiles ? w.Tiles : null, from, to, c.Row(row) + from, c.Stride);

    /// <summary>c = a W^T for rows of a piece and its columns, from packed panels or unpacked on the way.</summary>
    private static void Multiply<S, V>(float* a, nint stride, int rows, Weight w, int from, int to, Tensor c, int row)
        where S : struct, ISimd<V>
        where V : struct
    {
        LeftOperand left = LeftOperand.Rows(a, stride);
        float* target = c.Row(row) + from;
        if (w.Reading == WeightReading.Unpacked)
        {
            UnpackedProduct.Columns<S, V>(left, rows, w, from, to, w.Columns, target, c.Stride, false);
            return;
        }

        PackedWeight packed = w.Packed!;
        if (w.Format == WeightFormat.F32)
        {
            BlockProduct.Packed<S, V, Float32Panel>(left, rows, packed.Data, packed.PanelBytes, from, to, w.Columns, target, c.Stride, false);
        }
        else if (w.Format == WeightFormat.F16)
        {
            BlockProduct.Packed<S, V, Float16Panel>(left, rows, packed.Data, packed.PanelBytes, from, to, w.Columns, target, c.Stride, false);
        }
        else
        {
            BlockProduct.Packed<S, V, BFloat16Panel>(left, rows, packed.Data, packed.PanelBytes, from, to, w.Columns, target, c.Stride, false);
        }
    }

    private readonly struct PackJob(ExpertGroups groups, ExpertWeights experts) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int b = from; b < to; b++)
            {
                int e = groups.Busy[b];
                PackedWeight.Refresh(experts.Gate[e]);
                PackedWeight.Refresh(experts.Up[e]);
                PackedWeight.Refresh(experts.Down[e]);
            }
        }
    }

    /// <summary>gate = x Gate^T, up = x Up^T, hidden = silu(gate) * up for the rows and columns of a piece.</summary>
    private readonly struct GateUpJob<S, V>(
        ExpertPieces pieces, ExpertActivations saved, Tensor x, ActivationBlock* blocks, ExpertWeights experts, Tensor hidden) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int index = from; index < to; index++)
            {
                ExpertPiece piece = pieces[index];
                Project(piece, experts.Gate[piece.Expert], saved.Gate);
                Project(piece, experts.Up[piece.Expert], saved.Up);
                for (int p = piece.Place; p < piece.Place + piece.Rows; p++)
                {
                    Activate(saved.Gate.Row(p), saved.Up.Row(p), hidden.Row(p), piece.Column, piece.End);
                }
            }
        }

        private void Project(in ExpertPiece piece, Weight w, Tensor target)
        {
            if (w.ReadsBytes)
            {
                ActivationBlock* bytes = Gather(saved.Groups, piece.Place, piece.Rows, blocks, QuantisedRows.Stride(x.Columns));
                Multiply<S, V>(bytes, piece.Rows, w, piece.Column, piece.End, target, piece.Place);
                return;
            }

            float* rows = Gather(saved.Groups, piece.Place, piece.Rows, x, 0, x.Columns);
            Multiply<S, V>(rows, x.Columns, piece.Rows, w, piece.Column, piece.End, target, piece.Place);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        internal static void Activate(float* gate, float* up, float* hidden, int from, int to)
        {
            V one = S.Broadcast(1);
            for (int j = from; j < to; j += S.Lanes)
            {
                int count = Math.Min(S.Lanes, to - j);
                V g = S.LoadPartial(gate + j, count);
                V silu = S.Divide(g, S.Add(one, S.Exp(S.Subtract(S.Zero, g))));
                S.StorePartial(hidden + j, S.Multiply(silu, S.LoadPartial(up + j, count)), count);
            }
        }
    }

    /// <summary>outputs = hidden Down^T for the rows and columns of a piece.</summary>
    private readonly struct DownJob<S, V>(
        ExpertPieces pieces, ExpertWeights experts, Tensor hidden, ActivationBlock* blocks, Tensor outputs) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int index = from; index < to; index++)
            {
                ExpertPiece piece = pieces[index];
                Weight down = experts.Down[piece.Expert];
                if (down.ReadsBytes)
                {
                    ActivationBlock* rows = blocks + ((nint)piece.Place * QuantisedRows.Stride(hidden.Columns));
                    Multiply<S, V>(rows, piece.Rows, down, piece.Column, piece.End, outputs, piece.Place);
                    continue;
                }

                Multiply<S, V>(hidden.Row(piece.Place), hidden.Stride, piece.Rows, down, piece.Column, piece.End, outputs, piece.Place);
            }
        }
    }

    /// <summary>y[t] = (add ? y[t] : 0) + sum over slots, ascending, of factor[t, k] * parts[place of (t, k)]; factors are 1 where there are none.</summary>
    private readonly struct CombineJob<S, V>(ExpertGroups groups, int slots, Tensor factors, Tensor parts, Tensor y, bool add) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            V one = S.Broadcast(1);
            for (int t = from; t < to; t++)
            {
                int* places = groups.Place + ((long)t * slots);
                float* target = y.Row(t);
                for (int j = 0; j < y.Columns; j += S.Lanes)
                {
                    int count = Math.Min(S.Lanes, y.Columns - j);
                    V sum = add ? S.LoadPartial(target + j, count) : S.Zero;
                    for (int k = 0; k < slots; k++)
                    {
                        V factor = factors.IsEmpty ? one : S.Broadcast(factors.Row(t)[k]);
                        sum = S.Fma(factor, S.LoadPartial(parts.Row(places[k]) + j, count), sum);
                    }

                    S.StorePartial(target + j, sum, count);
                }
            }
        }
    }
}
