using System.Runtime.CompilerServices;
using Razum.Tensors.Formats;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// y = x W^T + b and its gradients. x [T, in], W [out, in], b [out], y [T, out].
/// Every element of a result is one chain of fused multiply-adds over the contraction index, ascending: for y and dx it starts from 0 (or from
/// dx where that is added to), for gradients of parameters from the gradient so far, so that two batches add up like one.
/// With a weight in a block format that has tiles x is rounded to bytes and y is a chain over blocks of exact integer products (<see cref="TileKernel"/>); dx,
/// and all products with other block formats, use the dequantised values, as above.
/// </summary>
internal static unsafe class Linear
{
    /// <summary>y = x W^T + b.</summary>
    /// <param name="activations">Memory for x rounded to bytes, for weights in block formats; null for the calling thread's own.</param>
    internal static void Forward<S, V>(WorkerPool pool, Tensor x, Weight w, Weight? bias, Tensor y, QuantisedRows? activations = null)
        where S : struct, ISimd<V>
        where V : struct
    {
        Check(x, w, bias, y);
        if (x.Rows == 0)
        {
            return;
        }

        MappedPages.Expect(w);
        Pieces pieces = new(x.Rows, w.Rows, w.Columns, pool.Threads);
        if (w.Reading == WeightReading.Unpacked)
        {
            pool.For(pieces.Count, 1, new UnpackedForwardJob<S, V>(pieces, x, w, bias, y));
            return;
        }

        if (w.ReadsBytes)
        {
            BlockTiles? tiles = w.Reading == WeightReading.Tiles ? BlockTiles.For(w, pool) : null;
            ActivationBlock* blocks = (activations ?? QuantisedRows.OfThread).Fill<S, V>(pool, x);
            pool.For(pieces.Count, 1, new BlockForwardJob<S, V>(pieces, blocks, w, tiles, bias, y));
            return;
        }

        PackedWeight packed = PackedWeight.For(w, pool);
        if (w.Format == WeightFormat.F32)
        {
            pool.For(pieces.Count, 1, new ForwardJob<S, V, Float32Panel>(pieces, x, packed, bias, y));
        }
        else if (w.Format == WeightFormat.F16)
        {
            pool.For(pieces.Count, 1, new ForwardJob<S, V, Float16Panel>(pieces, x, packed, bias, y));
        }
        else
        {
            pool.For(pieces.Count, 1, new ForwardJob<S, V, BFloat16Panel>(pieces, x, packed, bias, y));
        }
    }

    /// <summary>dx = dy W, or dx += dy W.</summary>
    internal static void BackwardInput<S, V>(WorkerPool pool, Tensor dy, Weight w, Tensor dx, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
    {
        Check(dx, w, null, dy);
        LeftOperand left = LeftOperand.Rows(dy.Data, dy.Stride);
        Pieces pieces = new(dx.Rows, dx.Columns, w.Rows, pool.Threads);
        if (w.Reading is WeightReading.Unpacked or WeightReading.Stored)
        {
            pool.For(pieces.Count, 1, new UnpackedRowsJob<S, V>(pieces, left, w, dx, accumulate));
        }
        else if (w.Reading == WeightReading.Tiles)
        {
            pool.For(pieces.Count, 1, new BlockRowsJob<S, V>(pieces, left, BlockTiles.For(w, pool), dx, accumulate));
        }
        else if (w.Format == WeightFormat.F32)
        {
            pool.For(pieces.Count, 1, new RowsJob<S, V, Float32Panel>(pieces, left, w.Data, w.Columns, w.Rows, dx, accumulate));
        }
        else if (w.Format == WeightFormat.F16)
        {
            pool.For(pieces.Count, 1, new RowsJob<S, V, Float16Panel>(pieces, left, w.Data, w.Columns, w.Rows, dx, accumulate));
        }
        else
        {
            pool.For(pieces.Count, 1, new RowsJob<S, V, BFloat16Panel>(pieces, left, w.Data, w.Columns, w.Rows, dx, accumulate));
        }
    }

    /// <summary>dW += dy^T x.</summary>
    internal static void BackwardWeight<S, V>(WorkerPool pool, Tensor dy, Tensor x, Tensor dw)
        where S : struct, ISimd<V>
        where V : struct
    {
        Check(dy, x, dw);
        nint panelValues = (nint)x.Rows * Panel.Width;
        float* panels = ThreadScratch.SharedPanels(panelValues * Panel.Count(x.Columns));
        pool.For(Panel.Count(x.Columns), 1, new PanelJob(x, panels, panelValues));
        LeftOperand left = LeftOperand.Columns(dy.Data, dy.Stride);
        Pieces pieces = Pieces.Wide(dw.Rows, dw.Columns, x.Rows, pool.Threads);
        pool.For(pieces.Count, 1, new WeightJob<S, V>(pieces, left, (byte*)panels, panelValues * sizeof(float), x.Rows, dw));
    }

    /// <summary>db += sum over rows of dy.</summary>
    internal static void BackwardBias<S, V>(WorkerPool pool, Tensor dy, Tensor db)
        where S : struct, ISimd<V>
        where V : struct
    {
        if (db.Columns != dy.Columns)
        {
            throw new ArgumentException($"{db.Columns} gradients for {dy.Columns} columns");
        }

        pool.For(Panel.Count(dy.Columns), 4, new BiasJob<S, V>(dy, db));
    }

    /// <summary>y = x W^T + b in double precision.</summary>
    internal static void Reference(Tensor x, Weight w, Weight? bias, Tensor y)
    {
        float[] values = w.ToArray();
        for (int t = 0; t < x.Rows; t++)
        {
            for (int n = 0; n < w.Rows; n++)
            {
                double sum = bias is null ? 0 : Value(bias, n);
                for (int k = 0; k < w.Columns; k++)
                {
                    sum += (double)x.Row(t)[k] * values[((long)n * w.Columns) + k];
                }

                y.Row(t)[n] = (float)sum;
            }
        }
    }

    /// <summary>dx = dy W, dW += dy^T x and db += sum of dy in double precision; empty tensors are left out.</summary>
    internal static void ReferenceBackward(Tensor dy, Tensor x, Weight w, Tensor dx, Tensor dw, Tensor db)
    {
        float[] values = w.ToArray();
        for (int t = 0; t < dx.Rows; t++)
        {
            for (int k = 0; k < dx.Columns; k++)
            {
                double sum = 0;
                for (int n = 0; n < w.Rows; n++)
                {
                    sum += (double)dy.Row(t)[n] * values[((long)n * w.Columns) + k];
                }

                dx.Row(t)[k] = (float)sum;
            }
        }

        for (int n = 0; n < dw.Rows; n++)
        {
            for (int k = 0; k < dw.Columns; k++)
            {
                double sum = dw.Row(n)[k];
                for (int t = 0; t < dy.Rows; t++)
                {
                    sum += (double)dy.Row(t)[n] * x.Row(t)[k];
                }

                dw.Row(n)[k] = (float)sum;
            }
        }

        for (int n = 0; n < db.Columns; n++)
        {
            double sum = db.Data[n];
            for (int t = 0; t < dy.Rows; t++)
            {
                sum += dy.Row(t)[n];
            }

            db.Data[n] = (float)sum;
        }
    }

    /// <summary>Throws unless w leads from the input (or its gradient) to the output.</summary>
    internal static void Check(Tensor input, Weight w, Weight? bias, Tensor output)
    {
        if (input.Columns != w.Columns || output.Columns != w.Rows || input.Rows != output.Rows)
        {
            throw new ArgumentException(
                $"{w.Name} [{w.Rows}, {w.Columns}] does not lead from [{input.Rows}, {input.Columns}] to [{output.Rows}, {output.Columns}]");
        }

        if (bias is not null && bias.Count != w.Rows)
        {
            throw new ArgumentException($"{bias.Name} has {bias.Count} values, {w.Name} {w.Rows} rows");
        }
    }

    /// <summary>Throws unless dw has the shape of dy^T x.</summary>
    internal static void Check(Tensor dy, Tensor x, Tensor dw)
    {
        if (dy.Rows != x.Rows || dw.Rows != dy.Columns || dw.Columns != x.Columns)
        {
            throw new ArgumentException($"[{dw.Rows}, {dw.Columns}] is not [{dy.Rows}, {dy.Columns}]^T [{x.Rows}, {x.Columns}]");
        }
    }

    /// <summary>Adds the biases of columns [from, from + count), at most <see cref="Pieces.MaxColumns"/>, to rows of <paramref name="target"/>.</summary>
    [SkipLocalsInit]
    internal static void AddBias<S, V>(Weight bias, int from, int count, float* target, int rows, nint stride)
        where S : struct, ISimd<V>
        where V : struct
    {
        float* values = stackalloc float[Pieces.MaxColumns];
        for (int j = 0; j < count; j++)
        {
            values[j] = Value(bias, from + j);
        }

        for (int i = 0; i < rows; i++, target += stride)
        {
            int j = 0;
            for (; j + S.Lanes <= count; j += S.Lanes)
            {
                S.Store(target + j, S.Add(S.Load(target + j), S.Load(values + j)));
            }

            for (; j < count; j++)
            {
                target[j] += values[j];
            }
        }
    }

    /// <summary>One value of a bias, widened.</summary>
    private static float Value(Weight w, long index) =>
        w.Format == WeightFormat.F32 ? Float32Panel.Load(w.Data, index) : BFloat16Panel.Load(w.Data, index);

    private readonly struct ForwardJob<S, V, F>(Pieces pieces, Tensor x, PackedWeight packed, Weight? bias, Tensor y) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                pieces.Get(i, out int row, out int rows, out int column, out int end);
                float* target = y.Row(row) + column;
                BlockProduct.Packed<S, V, F>(
                    LeftOperand.Rows(x.Row(row), x.Stride), rows, packed.Data, packed.PanelBytes, column, end, x.Columns, target, y.Stride, false);
                if (bias is not null)
                {
                    AddBias<S, V>(bias, column, end - column, target, rows, y.Stride);
                }
            }
        }
    }

    /// <summary>The forward product with a weight in tiles; null for one whose blocks stay where they are stored.</summary>
    private readonly struct BlockForwardJob<S, V>(Pieces pieces, ActivationBlock* x, Weight w, BlockTiles? tiles, Weight? bias, Tensor y) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            nint stride = QuantisedRows.Stride(w.Columns);
            for (int i = from; i < to; i++)
            {
                pieces.Get(i, out int row, out int rows, out int column, out int end);
                float* target = y.Row(row) + column;
                TileProduct.Multiply<S, V>(x + (row * stride), stride, rows, w, tiles, column, end, target, y.Stride);
                if (bias is not null)
                {
                    AddBias<S, V>(bias, column, end - column, target, rows, y.Stride);
                }
            }
        }
    }

    /// <summary>The forward product with values that are made F32 on the way.</summary>
    private readonly struct UnpackedForwardJob<S, V>(Pieces pieces, Tensor x, Weight w, Weight? bias, Tensor y) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                pieces.Get(i, out int row, out int rows, out int column, out int end);
                float* target = y.Row(row) + column;
                UnpackedProduct.Columns<S, V>(LeftOperand.Rows(x.Row(row), x.Stride), rows, w, column, end, x.Columns, target, y.Stride, false);
                if (bias is not null)
                {
                    AddBias<S, V>(bias, column, end - column, target, rows, y.Stride);
                }
            }
        }
    }

    /// <summary>The product with rows that are made F32 on the way.</summary>
    private readonly struct UnpackedRowsJob<S, V>(Pieces pieces, LeftOperand left, Weight w, Tensor target, bool accumulate) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                pieces.Get(i, out int row, out int rows, out int column, out int end);
                UnpackedProduct.Rows<S, V>(left.From(row, 0), rows, w, 0, w.Rows, column, end, target.Row(row) + column, target.Stride, accumulate);
            }
        }
    }

    /// <summary>The product with the rows of a weight in tiles.</summary>
    private readonly struct BlockRowsJob<S, V>(Pieces pieces, LeftOperand left, BlockTiles tiles, Tensor target, bool accumulate) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                pieces.Get(i, out int row, out int rows, out int column, out int end);
                TileProduct.Rows<S, V>(left.From(row, 0), rows, tiles, 0, tiles.Rows, column, end, target.Row(row) + column, target.Stride, accumulate);
            }
        }
    }

    private readonly struct RowsJob<S, V, F>(Pieces pieces, LeftOperand left, byte* right, nint stride, int depth, Tensor target, bool accumulate) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
        where F : struct, IPanelFormat
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                pieces.Get(i, out int row, out int rows, out int column, out int end);
                BlockProduct.Rows<S, V, F>(
                    left.From(row, 0), rows, right, stride, null, column, end, depth, target.Row(row) + column, target.Stride, accumulate);
            }
        }
    }

    /// <summary>Panels of a matrix stored by rows.</summary>
    private readonly struct PanelJob(Tensor x, float* panels, nint panelValues) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int p = from; p < to; p++)
            {
                int column = p * Panel.Width;
                Panel.Copy<Float32Panel>(
                    (byte*)(x.Data + column), x.Stride, null, Math.Min(Panel.Width, x.Columns - column), x.Rows, panels + (p * panelValues));
            }
        }
    }

    private readonly struct WeightJob<S, V>(Pieces pieces, LeftOperand left, byte* panels, nint panelBytes, int depth, Tensor target) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                pieces.Get(i, out int row, out int rows, out int column, out int end);
                BlockProduct.Packed<S, V, Float32Panel>(
                    left.From(row, 0), rows, panels, panelBytes, column, end, depth, target.Row(row) + column, target.Stride, true);
            }
        }
    }

    private readonly struct BiasJob<S, V>(Tensor dy, Tensor db) : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public void Run(int from, int to)
        {
            int end = Math.Min(to * Panel.Width, dy.Columns);
            for (int j = from * Panel.Width; j < end; j += S.Lanes)
            {
                int count = Math.Min(S.Lanes, end - j);
                V sum = S.LoadPartial(db.Data + j, count);
                for (int t = 0; t < dy.Rows; t++)
                {
                    sum = S.Add(sum, S.LoadPartial(dy.Row(t) + j, count));
                }

                S.StorePartial(db.Data + j, sum, count);
            }
        }
    }
}
