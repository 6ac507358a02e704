using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels.BFloat16;

/// <summary>
/// <see cref="Linear"/> and <see cref="HeadLinear"/> with operands rounded to BF16: y = x W^T + b, dx = dy W, dW += dy^T x, for one head or for one small matrix
/// per head. Every element is one chain over pairs of the contraction index, ascending. An operand is rounded once a call; weights once a version.
/// </summary>
internal static unsafe class PairLinear
{
    /// <summary>y_h = x_h M_h^T + b with M_h = rows [h * Step + From, + Count) of W; added to y or overwriting it.</summary>
    internal static void ByOutputs<S, V, P>(
        WorkerPool pool, PairScratch scratch, Tensor x, Weight w, HeadRows slice, int heads, Weight? bias, Tensor y, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
        where P : struct, IPairKernels
    {
        PairRows rows = PairRows.Round<P>(pool, x, heads, scratch.Values(0, PairRows.Size(x.Rows, x.Columns / heads, heads)));
        PairPanels panels = PairWeight.Outputs<P>(w, pool);
        PairPieces pieces = new(x.Rows, slice.Count, w.Columns, heads > pool.Threads ? 1 : pool.Threads);
        pool.For(heads * pieces.Count, 1, new RowsJob<S, V, P>(pieces, rows, panels, slice, false, bias, y, accumulate));
    }

    /// <summary>y_h = x_h M_h; added to y or overwriting it.</summary>
    internal static void ByInputs<S, V, P>(WorkerPool pool, PairScratch scratch, Tensor x, Weight w, HeadRows slice, int heads, Tensor y, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
        where P : struct, IPairKernels
    {
        PairRows rows = PairRows.Round<P>(pool, x, heads, scratch.Values(0, PairRows.Size(x.Rows, x.Columns / heads, heads)));
        ByInputs<S, V, P>(pool, rows, w, slice, heads, y, accumulate);
    }

    /// <summary>dx = dy W (or dx += dy W) and dW += dy^T x, dy rounded once; what is empty is left out.</summary>
    internal static void Backward<S, V, P>(WorkerPool pool, PairScratch scratch, Tensor dy, Tensor x, Weight w, Tensor dx, bool accumulate, Tensor dw)
        where S : struct, ISimd<V>
        where V : struct
        where P : struct, IPairKernels
    {
        PairRows rows = PairRows.Round<P>(pool, dy, 1, scratch.Values(0, PairRows.Size(dy.Rows, dy.Columns)));
        if (!dw.IsEmpty)
        {
            PairRows inputs = PairRows.Round<P>(pool, x, 1, scratch.Values(1, PairRows.Size(x.Rows, x.Columns)));
            AddProduct<P>(pool, scratch, rows, inputs, new HeadRows(dw.Rows, 0, dw.Rows), dw);
        }

        if (!dx.IsEmpty)
        {
            ByInputs<S, V, P>(pool, rows, w, new HeadRows(w.Rows, 0, w.Rows), 1, dx, accumulate);
        }
    }

    /// <summary>dM_h += left_h^T right_h in the rows of <paramref name="dw"/> that belong to the heads.</summary>
    internal static void BackwardWeight<P>(WorkerPool pool, PairScratch scratch, Tensor left, Tensor right, HeadRows slice, int heads, Tensor dw)
        where P : struct, IPairKernels
    {
        PairRows a = PairRows.Round<P>(pool, left, heads, scratch.Values(0, PairRows.Size(left.Rows, left.Columns / heads, heads)));
        PairRows b = PairRows.Round<P>(pool, right, heads, scratch.Values(1, PairRows.Size(right.Rows, right.Columns / heads, heads)));
        AddProduct<P>(pool, scratch, a, b, slice, dw);
    }

    private static void ByInputs<S, V, P>(WorkerPool pool, PairRows rows, Weight w, HeadRows slice, int heads, Tensor y, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
        where P : struct, IPairKernels
    {
        PairPanels panels = PairWeight.Inputs<P>(w, slice, heads, pool);
        PairPieces pieces = new(rows.Count, w.Columns, slice.Count, heads > pool.Threads ? 1 : pool.Threads);
        pool.For(heads * pieces.Count, 1, new RowsJob<S, V, P>(pieces, rows, panels, slice, true, null, y, accumulate));
    }

    private static void AddProduct<P>(WorkerPool pool, PairScratch scratch, PairRows left, PairRows right, HeadRows slice, Tensor dw)
        where P : struct, IPairKernels
    {
        if (left.Count == 0)
        {
            return;
        }

        PairPanels a = PairPanels.OfRows<P>(pool, left, scratch.Panels(2, PairPanels.Size(left.Columns, left.Count, left.Heads)));
        PairPanels b = PairPanels.OfRows<P>(pool, right, scratch.Panels(3, PairPanels.Size(right.Columns, right.Count, right.Heads)));
        PairPieces pieces = new(slice.Count, dw.Columns, left.Count, left.Heads > pool.Threads ? 1 : pool.Threads, Panel.Width);
        pool.For(left.Heads * pieces.Count, 1, new PanelsJob<P>(pieces, a, b, slice, dw));
    }

    /// <summary>Panels of outputs are those of the whole weight; panels of inputs belong to a head.</summary>
    private readonly struct RowsJob<S, V, P>(
        PairPieces pieces, PairRows rows, PairPanels panels, HeadRows slice, bool byInputs, Weight? bias, Tensor y, bool accumulate) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
        where P : struct, IPairKernels
    {
        public void Run(int from, int to)
        {
            int width = byInputs ? panels.Columns : slice.Count;
            for (int i = from; i < to; i++)
            {
                int head = i / pieces.Count;
                int first = byInputs ? 0 : (head * slice.Step) + slice.From;
                pieces.Get(i % pieces.Count, out int row, out int count, out int column, out int end);
                float* target = y.Row(row) + (head * width) + column;
                PairProduct.Rows<P>(
                    rows.At(row, head), rows.Stride, count, panels, byInputs ? head : 0, first + column, first + end, target, y.Stride, accumulate);
                for (int j = column; bias is not null && j < end; j += Pieces.MaxColumns)
                {
                    Linear.AddBias<S, V>(bias, j, Math.Min(Pieces.MaxColumns, end - j), target + (j - column), count, y.Stride);
                }
            }
        }
    }

    private readonly struct PanelsJob<P>(PairPieces pieces, PairPanels left, PairPanels right, HeadRows slice, Tensor dw) : IRangeJob
        where P : struct, IPairKernels
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                int head = i / pieces.Count;
                pieces.Get(i % pieces.Count, out int row, out int rows, out int column, out int end);
                float* target = dw.Row((head * slice.Step) + slice.From + row) + column;
                PairProduct.Add<P>(left, head, row, row + rows, right, head, column, end, target, dw.Stride);
            }
        }
    }
}
