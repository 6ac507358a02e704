using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// Gradients of the experts. With h = silu(gate) * up, s = sigmoid(gate), g = dy[t] Down of a place (t, k) and w = weight[t, k]:
/// dw = g . h, dup = w g * gate s, dgate = w g * up * s (1 + gate (1 - s)), dx[t] = sum over k of dgate Gate + dup Up,
/// dDown = sum of dy^T (w h), dGate = sum of dgate^T x, dUp = sum of dup^T x, sums over the rows of an expert, ascending.
/// The outputs of the experts are not needed: dy . (Down h) = g . h.
/// </summary>
internal static unsafe partial class Experts
{
    /// <summary>
    /// Adds to <paramref name="dx"/> [T, D], to <paramref name="dRouting"/> [T, K] and to the gradients of those experts' matrices that have one.
    /// Empty dx or dRouting are left out.
    /// </summary>
    internal static void Backward<S, V>(
        WorkerPool pool, Arena arena, Tensor dy, Tensor x, in Routing routing, ExpertWeights experts, ExpertActivations saved, Tensor dx, Tensor dRouting)
        where S : struct, ISimd<V>
        where V : struct
    {
        int inner = experts.Gate[0].Rows;
        ExpertGroups groups = saved.Groups;
        Arena.Mark mark = arena.Here();
        Tensor dGate = arena.Allocate(groups.Count, inner); // [T*K, mi]: g, then dgate
        Tensor dUp = arena.Allocate(groups.Count, inner);
        Tensor hidden = arena.Allocate(groups.Count, inner); // w h

        ExpertPieces pieces = groups.Cut(arena, inner, pool.Threads);
        pool.For(pieces.Count, 1, new DownInputJob<S, V>(pieces, groups, dy, experts, dGate));
        pool.For(routing.Rows, 16, new ActivationJob<S, V>(saved, routing, dGate, dUp, hidden, dRouting));
        if (!dx.IsEmpty)
        {
            Tensor parts = arena.Allocate(groups.Count, dx.Columns); // [T*K, D]
            pieces = groups.Cut(arena, dx.Columns, pool.Threads);
            pool.For(pieces.Count, 1, new InputJob<S, V>(pieces, experts, dGate, dUp, parts));
            pool.For(dx.Rows, 16, new CombineJob<S, V>(groups, routing.TopK, default, parts, dx, true));
        }

        pool.For(3 * groups.BusyCount, 1, new WeightJob<S, V>(groups, experts, dy, x, dGate, dUp, hidden));
        arena.Release(mark);
    }

    /// <summary>All gradients in double precision: what <see cref="Backward"/> adds.</summary>
    internal static void ReferenceBackward(Tensor dy, Tensor x, in Routing routing, ExpertWeights experts, Tensor dx, Tensor dRouting)
    {
        int inner = experts.Gate[0].Rows;
        for (int t = 0; t < x.Rows; t++)
        {
            for (int k = 0; k < routing.TopK; k++)
            {
                int e = routing[t][k];
                float[] gates = experts.Gate[e].ToArray(), ups = experts.Up[e].ToArray(), down = experts.Down[e].ToArray();
                double weight = routing.Weights[t][k];
                double dWeight = 0;
                for (int i = 0; i < inner; i++)
                {
                    double gate = Dot(experts.Gate[e], i, x[t]);
                    double up = Dot(experts.Up[e], i, x[t]);
                    double s = 1 / (1 + Math.Exp(-gate));
                    double g = 0;
                    for (int d = 0; d < dy.Columns; d++)
                    {
                        g += (double)dy[t][d] * down[((long)d * inner) + i];
                        Add(experts.Down[e], ((long)d * inner) + i, dy[t][d] * weight * gate * s * up);
                    }

                    dWeight += g * gate * s * up;
                    double dUp = weight * g * gate * s;
                    double dGate = weight * g * up * s * (1 + (gate * (1 - s)));
                    for (int d = 0; d < x.Columns; d++)
                    {
                        long index = ((long)i * x.Columns) + d;
                        dx[t][d] += (float)((dGate * gates[index]) + (dUp * ups[index]));
                        Add(experts.Gate[e], index, dGate * x[t][d]);
                        Add(experts.Up[e], index, dUp * x[t][d]);
                    }
                }

                dRouting[t][k] += (float)dWeight;
            }
        }
    }

    private static void Add(Weight w, long index, double value)
    {
        if (w.Gradient is { } gradient)
        {
            gradient.Data[index] += (float)value;
        }
    }

    /// <summary>c (+)= a W for rows of a piece and its columns.</summary>
    private static void MultiplyRows<S, V>(LeftOperand left, int rows, Weight w, int from, int to, Tensor c, int row, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
    {
        float* target = c.Row(row) + from;
        if (w.Reading is WeightReading.Unpacked or WeightReading.Stored)
        {
            UnpackedProduct.Rows<S, V>(left, rows, w, 0, w.Rows, from, to, target, c.Stride, accumulate);
        }
        else if (w.Reading == WeightReading.Tiles)
        {
            TileProduct.Rows<S, V>(left, rows, w.Tiles!, 0, w.Rows, from, to, target, c.Stride, accumulate);
        }
        else if (w.Format == WeightFormat.F32)
        {
            BlockProduct.Rows<S, V, Float32Panel>(left, rows, w.Data, w.Columns, null, from, to, w.Rows, target, c.Stride, accumulate);
        }
        else if (w.Format == WeightFormat.F16)
        {
            BlockProduct.Rows<S, V, Float16Panel>(left, rows, w.Data, w.Columns, null, from, to, w.Rows, target, c.Stride, accumulate);
        }
        else
        {
            BlockProduct.Rows<S, V, BFloat16Panel>(left, rows, w.Data, w.Columns, null, from, to, w.Rows, target, c.Stride, accumulate);
        }
    }

    /// <summary>g = dy Down for the rows and columns of a piece.</summary>
    private readonly struct DownInputJob<S, V>(ExpertPieces pieces, ExpertGroups groups, Tensor dy, ExpertWeights experts, Tensor g) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int index = from; index < to; index++)
            {
                ExpertPiece piece = pieces[index];
                float* rows = Gather(groups, piece.Place, piece.Rows, dy, 0, dy.Columns);
                LeftOperand left = LeftOperand.Rows(rows, dy.Columns);
                MultiplyRows<S, V>(left, piece.Rows, experts.Down[piece.Expert], piece.Column, piece.End, g, piece.Place, false);
            }
        }
    }

    /// <summary>Row by row: dw, and dgate (in place of g), dup, w h of the row's places.</summary>
    private readonly struct ActivationJob<S, V>(
        ExpertActivations saved, Routing routing, Tensor dGate, Tensor dUp, Tensor hidden, Tensor dRouting) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int t = from; t < to; t++)
            {
                for (int k = 0; k < routing.TopK; k++)
                {
                    int place = saved.Groups.Place[((long)t * routing.TopK) + k];
                    float dw = Place(place, routing.Weights.Row(t)[k]);
                    if (!dRouting.IsEmpty)
                    {
                        dRouting.Row(t)[k] += dw;
                    }
                }
            }
        }

        private float Place(int place, float weight)
        {
            float* gates = saved.Gate.Row(place);
            float* ups = saved.Up.Row(place);
            V one = S.Broadcast(1);
            V w = S.Broadcast(weight);
            V dot = S.Zero;
            for (int j = 0; j < dGate.Columns; j += S.Lanes)
            {
                int count = Math.Min(S.Lanes, dGate.Columns - j);
                V gate = S.LoadPartial(gates + j, count);
                V up = S.LoadPartial(ups + j, count);
                V g = S.LoadPartial(dGate.Row(place) + j, count);
                V s = S.Divide(one, S.Add(one, S.Exp(S.Subtract(S.Zero, gate))));
                V silu = S.Multiply(gate, s);
                V h = S.Multiply(silu, up);
                V slope = S.Multiply(s, S.Fma(gate, S.Subtract(one, s), one)); // silu'(gate)
                V wg = S.Multiply(w, g);
                dot = S.Fma(g, h, dot);
                S.StorePartial(hidden.Row(place) + j, S.Multiply(w, h), count);
                S.StorePartial(dUp.Row(place) + j, S.Multiply(wg, silu), count);
                S.StorePartial(dGate.Row(place) + j, S.Multiply(S.Multiply(wg, up), slope), count);
            }

            return S.Sum(dot);
        }
    }

    /// <summary>parts = dgate Gate + dup Up for the rows and columns of a piece.</summary>
    private readonly struct InputJob<S, V>(ExpertPieces pieces, ExpertWeights experts, Tensor dGate, Tensor dUp, Tensor parts) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int index = from; index < to; index++)
            {
                ExpertPiece piece = pieces[index];
                LeftOperand gate = LeftOperand.Rows(dGate.Row(piece.Place), dGate.Stride);
                LeftOperand up = LeftOperand.Rows(dUp.Row(piece.Place), dUp.Stride);
                MultiplyRows<S, V>(gate, piece.Rows, experts.Gate[piece.Expert], piece.Column, piece.End, parts, piece.Place, false);
                MultiplyRows<S, V>(up, piece.Rows, experts.Up[piece.Expert], piece.Column, piece.End, parts, piece.Place, true);
            }
        }
    }

    /// <summary>Gradients of one matrix of one expert: items 3b, 3b + 1, 3b + 2 are gate, up and down of the busy expert b.</summary>
    private readonly struct WeightJob<S, V>(
        ExpertGroups groups, ExpertWeights experts, Tensor dy, Tensor x, Tensor dGate, Tensor dUp, Tensor hidden) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                int e = groups.Busy[i / 3];
                int place = groups.Start[e];
                int rows = groups.Rows(e);
                if (i % 3 == 2)
                {
                    if (experts.Down[e].Gradient is { } gradient)
                    {
                        float* gathered = Gather(groups, place, rows, dy, 0, dy.Columns);
                        LeftOperand left = LeftOperand.Columns(gathered, dy.Columns);
                        Multiply(left, hidden.Row(place), hidden.Stride, null, rows, gradient);
                    }
                }
                else if ((i % 3 == 0 ? experts.Gate : experts.Up)[e].Gradient is { } gradient)
                {
                    Tensor d = i % 3 == 0 ? dGate : dUp;
                    Multiply(LeftOperand.Columns(d.Row(place), d.Stride), x.Data, x.Stride, groups.Row + place, rows, gradient);
                }
            }
        }

        private static void Multiply(LeftOperand left, float* b, nint stride, int* gather, int rows, Tensor gradient)
        {
            for (int column = 0; column < gradient.Columns; column += Pieces.MaxColumns)
            {
                int end = Math.Min(column + Pieces.MaxColumns, gradient.Columns);
                BlockProduct.Rows<S, V, Float32Panel>(
                    left, gradient.Rows, (byte*)b, stride, gather, column, end, rows, gradient.Data + column, gradient.Stride, true);
            }
        }
    }
}
