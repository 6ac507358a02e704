using Razum.Tensors.Formats;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// One small matrix per head, M_h = rows [h * Step + From, + Count) of a weight: y_h = x_h M_h^T, or transposed y_h = x_h M_h, and gradients.
/// x and y hold the heads side by side: Count columns a head on one side, as many as the weight's columns on the other.
/// The gradient of one form's input is the other form, so that there are two products: with M^T (from packed panels) and with M (from rows).
/// Chains as in <see cref="Linear"/>.
/// </summary>
internal static unsafe class HeadLinear
{
    /// <summary>y_h = x_h M_h^T, or x_h M_h.</summary>
    internal static void Forward<S, V>(WorkerPool pool, Tensor x, Weight w, HeadRows slice, int heads, bool transposed, Tensor y)
        where S : struct, ISimd<V>
        where V : struct => Multiply<S, V>(pool, x, w, slice, heads, transposed, !transposed, y, false);

    /// <summary>dx_h = dy_h M_h, or dy_h M_h^T; added to dx or overwriting it.</summary>
    internal static void BackwardInput<S, V>(WorkerPool pool, Tensor dy, Weight w, HeadRows slice, int heads, bool transposed, Tensor dx, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct => Multiply<S, V>(pool, dy, w, slice, heads, !transposed, false, dx, accumulate);

    /// <summary>dM_h += dy_h^T x_h, or x_h^T dy_h, in the rows of <paramref name="dw"/> that belong to the heads.</summary>
    internal static void BackwardWeight<S, V>(WorkerPool pool, Tensor dy, Tensor x, HeadRows slice, int heads, bool transposed, Tensor dw)
        where S : struct, ISimd<V>
        where V : struct
    {
        (Tensor left, Tensor right) = transposed ? (x, dy) : (dy, x);
        Check(left, slice, heads, dw.Rows, dw.Columns, right);
        Pieces pieces = new(slice.Count, dw.Columns, x.Rows, heads > pool.Threads ? 1 : pool.Threads);
        pool.For(heads * pieces.Count, 1, new WeightJob<S, V>(pieces, left, right, slice, dw));
    }

    /// <summary>The forward product in double precision.</summary>
    internal static void Reference(Tensor x, Weight w, HeadRows slice, int heads, bool transposed, Tensor y)
    {
        int inputs = x.Columns / heads;
        int outputs = y.Columns / heads;
        float[] values = w.ToArray();
        for (int t = 0; t < x.Rows; t++)
        {
            for (int h = 0; h < heads; h++)
            {
                for (int j = 0; j < outputs; j++)
                {
                    double sum = 0;
                    for (int k = 0; k < inputs; k++)
                    {
                        long row = (h * slice.Step) + slice.From + (transposed ? k : j);
                        sum += (double)x.Row(t)[(h * inputs) + k] * values[(row * w.Columns) + (transposed ? j : k)];
                    }

                    y.Row(t)[(h * outputs) + j] = (float)sum;
                }
            }
        }
    }

    /// <summary>dx (overwritten) and dW (added to) in double precision.</summary>
    internal static void ReferenceBackward(Tensor dy, Tensor x, Weight w, HeadRows slice, int heads, bool transposed, Tensor dx, Tensor dw)
    {
        Reference(dy, w, slice, heads, !transposed, dx);
        (Tensor left, Tensor right) = transposed ? (x, dy) : (dy, x);
        for (int h = 0; h < heads; h++)
        {
            for (int c = 0; c < slice.Count; c++)
            {
                float* row = dw.Row((h * slice.Step) + slice.From + c);
                for (int j = 0; j < dw.Columns; j++)
                {
                    double sum = row[j];
                    for (int t = 0; t < x.Rows; t++)
                    {
                        sum += (double)left.Row(t)[(h * slice.Count) + c] * right.Row(t)[(h * dw.Columns) + j];
                    }

                    row[j] = (float)sum;
                }
            }
        }
    }

    /// <param name="byRows">x_h M_h, else x_h M_h^T.</param>
    /// <param name="toBytes">Whether x is rounded to bytes when the weight has a block format; gradients are not.</param>
    private static void Multiply<S, V>(
        WorkerPool pool, Tensor x, Weight w, HeadRows slice, int heads, bool byRows, bool toBytes, Tensor y, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
    {
        Check(byRows ? x : y, slice, heads, w.Rows, w.Columns, byRows ? y : x);
        MappedPages.Expect(w);
        int columns = byRows ? w.Columns : slice.Count;
        int depth = byRows ? slice.Count : w.Columns;
        Pieces pieces = new(x.Rows, columns, depth, heads > pool.Threads ? 1 : pool.Threads);
        long work = (long)x.Rows * heads * columns * depth;
        if (w.Reading != WeightReading.Panels)
        {
            BlockTiles? tiles = w.Reading == WeightReading.Tiles ? BlockTiles.For(w, pool) : null;
            ActivationBlock* blocks = toBytes && w.ReadsBytes ? QuantisedRows.OfThread.Fill<S, V>(pool, x) : null;
            pool.For(heads * pieces.Count, 1, new BlockJob<S, V>(pieces, x, blocks, w, tiles, slice, columns, depth, byRows, y, accumulate), work);
            return;
        }

        PackedWeight? packed = byRows ? null : PackedWeight.For(w, pool);
        if (w.Format == WeightFormat.F32)
        {
            pool.For(heads * pieces.Count, 1, new Job<S, V, Float32Panel>(pieces, x, w, packed, slice, columns, depth, y, accumulate), work);
        }
        else if (w.Format == WeightFormat.F16)
        {
            pool.For(heads * pieces.Count, 1, new Job<S, V, Float16Panel>(pieces, x, w, packed, slice, columns, depth, y, accumulate), work);
        }
        else
        {
            pool.For(heads * pieces.Count, 1, new Job<S, V, BFloat16Panel>(pieces, x, w, packed, slice, columns, depth, y, accumulate), work);
        }
    }

    /// <param name="narrow">The operand with Count columns a head.</param>
    /// <param name="wide">The operand with as many columns a head as the weight.</param>
    internal static void Check(Tensor narrow, HeadRows slice, int heads, int rows, int columns, Tensor wide)
    {
        if (narrow.Columns != heads * slice.Count || wide.Columns != heads * columns || narrow.Rows != wide.Rows
            || slice.From < 0 || heads < 1 || ((long)(heads - 1) * slice.Step) + slice.From + slice.Count > rows)
        {
            throw new ArgumentException(
                $"{heads} heads of {slice} in [{rows}, {columns}] do not fit [{narrow.Rows}, {narrow.Columns}] and [{wide.Rows}, {wide.Columns}]");
        }
    }

    private readonly struct Job<S, V, F>(
        Pieces pieces, Tensor x, Weight w, PackedWeight? packed, HeadRows slice, int columns, int depth, Tensor y, bool accumulate) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                int head = i / pieces.Count;
                int first = (head * slice.Step) + slice.From;
                pieces.Get(i % pieces.Count, out int row, out int rows, out int column, out int end);
                LeftOperand left = LeftOperand.Rows(x.Row(row) + (head * depth), x.Stride);
                float* target = y.Row(row) + (head * columns) + column;
                if (packed is null)
                {
                    byte* matrix = w.Data + ((nint)first * w.Columns * F.Size);
                    BlockProduct.Rows<S, V, F>(left, rows, matrix, w.Columns, null, column, end, depth, target, y.Stride, accumulate);
                }
                else
                {
                    BlockProduct.Packed<S, V, F>(
                        left, rows, packed.Data, packed.PanelBytes, first + column, first + end, depth, target, y.Stride, accumulate);
                }
            }
        }
    }

    /// <summary>
    /// The same with a weight in a block format, in tiles or not; <paramref name="blocks"/> is x rounded to bytes, or null for products in F32.
    /// </summary>
    private readonly struct BlockJob<S, V>(
        Pieces pieces, Tensor x, ActivationBlock* blocks, Weight w, BlockTiles? tiles, HeadRows slice, int columns, int depth, bool byRows, Tensor y, bool accumulate) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            nint stride = QuantisedRows.Stride(x.Columns);
            for (int i = from; i < to; i++)
            {
                int head = i / pieces.Count;
                int first = (head * slice.Step) + slice.From;
                pieces.Get(i % pieces.Count, out int row, out int rows, out int column, out int end);
                LeftOperand left = LeftOperand.Rows(x.Row(row) + (head * depth), x.Stride);
                float* target = y.Row(row) + (head * columns) + column;
                if (byRows && tiles is null)
                {
                    UnpackedProduct.Rows<S, V>(left, rows, w, first, depth, column, end, target, y.Stride, accumulate);
                }
                else if (byRows)
                {
                    TileProduct.Rows<S, V>(left, rows, tiles!, first, depth, column, end, target, y.Stride, accumulate);
                }
                else if (blocks == null)
                {
                    UnpackedProduct.Columns<S, V>(left, rows, w, first + column, first + end, depth, target, y.Stride, accumulate);
                }
                else
                {
                    ActivationBlock* part = blocks + (row * stride) + QuantisedRows.Stride(head * depth);
                    TileProduct.Multiply<S, V>(part, stride, rows, w, tiles, first + column, first + end, target, y.Stride);
                }
            }
        }
    }

    private readonly struct WeightJob<S, V>(Pieces pieces, Tensor left, Tensor right, HeadRows slice, Tensor dw) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                int head = i / pieces.Count;
                pieces.Get(i % pieces.Count, out int row, out int rows, out int column, out int end);
                LeftOperand a = LeftOperand.Columns(left.Data + (head * slice.Count) + row, left.Stride);
                float* target = dw.Row((head * slice.Step) + slice.From + row) + column;
                byte* b = (byte*)(right.Data + (head * dw.Columns));
                BlockProduct.Rows<S, V, Float32Panel>(a, rows, b, right.Stride, null, column, end, right.Rows, target, dw.Stride, true);
            }
        }
    }
}
