using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// y = gain * n + bias, n = (x - mean) * rstd, rstd = 1 / sqrt(mean((x - mean)^2) + eps), for each row.
/// Backward: dx = rstd * (g - mean(g) - n * mean(g * n)) with g = gain * dy; dgain = sum over rows of dy * n, dbias of dy.
/// </summary>
internal static unsafe class LayerNorm
{
    /// <summary>Rows whose share of dgain and dbias is summed together; fixed, so that the sums do not depend on the threads.</summary>
    private const int BlockRows = 64;

    private const int MostLanes = 16;

    public static void Forward<S, V>(WorkerPool pool, Tensor x, float* gain, float* bias, float eps, Tensor y)
        where S : struct, ISimd<V>
        where V : struct => pool.For(x.Rows, 32, new ForwardJob<S, V> { X = x, Gain = gain, Bias = bias, Eps = eps, Y = y });

    /// <summary>Adds to dx, dgain and dbias (each may be absent).</summary>
    public static void Backward<S, V>(WorkerPool pool, Arena arena, Tensor dy, Tensor x, float* gain, float eps, Tensor dx, float* dgain, float* dbias)
        where S : struct, ISimd<V>
        where V : struct
    {
        int blocks = (x.Rows + BlockRows - 1) / BlockRows;
        Arena.Mark mark = arena.Here();
        Tensor gains = arena.AllocateZeroed(blocks, x.Columns);
        Tensor biases = arena.AllocateZeroed(blocks, x.Columns);
        pool.For(blocks, 1, new BackwardJob<S, V> { Dy = dy, X = x, Gain = gain, Eps = eps, Dx = dx, Gains = gains, Biases = biases });
        AddRows(gains, dgain);
        AddRows(biases, dbias);
        arena.Release(mark);
    }

    public static void Reference(Tensor x, float* gain, float* bias, float eps, Tensor y)
    {
        for (int t = 0; t < x.Rows; t++)
        {
            double mean = 0, square = 0;
            foreach (float value in x[t])
            {
                mean += (double)value / x.Columns;
            }

            foreach (float value in x[t])
            {
                square += (value - mean) * (value - mean) / x.Columns;
            }

            double rstd = 1 / Math.Sqrt(square + eps);
            for (int c = 0; c < x.Columns; c++)
            {
                y[t][c] = (float)(((x[t][c] - mean) * rstd * gain[c]) + bias[c]);
            }
        }
    }

    private static void AddRows(Tensor partial, float* target)
    {
        for (int b = 0; target != null && b < partial.Rows; b++)
        {
            for (int c = 0; c < partial.Columns; c++)
            {
                target[c] += partial.Row(b)[c];
            }
        }
    }

    private static (float Mean, float ReciprocalDeviation) Moments<S, V>(float* x, int columns, float eps)
        where S : struct, ISimd<V>
        where V : struct
    {
        V sum = S.Zero;
        for (int c = 0; c < columns; c += S.Lanes)
        {
            sum = S.Add(S.LoadPartial(x + c, Math.Min(S.Lanes, columns - c)), sum);
        }

        // The mean once for every lane: a partial load of it leaves lanes past the row at 0 - 0.
        float mean = S.Sum(sum) / columns;
        float* means = stackalloc float[MostLanes];
        new Span<float>(means, MostLanes).Fill(mean);
        V squares = S.Zero;
        for (int c = 0; c < columns; c += S.Lanes)
        {
            int n = Math.Min(S.Lanes, columns - c);
            V difference = S.Subtract(S.LoadPartial(x + c, n), S.LoadPartial(means, n));
            squares = S.Fma(difference, difference, squares);
        }

        return (mean, 1 / MathF.Sqrt((S.Sum(squares) / columns) + eps));
    }

    private struct ForwardJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor X;
        public float* Gain;
        public float* Bias;
        public float Eps;
        public Tensor Y;

        public readonly void Run(int from, int to)
        {
            int columns = X.Columns;
            for (int t = from; t < to; t++)
            {
                float* x = X.Row(t);
                float* y = Y.Row(t);
                (float mean, float rstd) = Moments<S, V>(x, columns, Eps);
                V middle = S.Broadcast(mean), scale = S.Broadcast(rstd);
                for (int c = 0; c < columns; c += S.Lanes)
                {
                    int n = Math.Min(S.Lanes, columns - c);
                    V value = S.Multiply(S.Subtract(S.LoadPartial(x + c, n), middle), scale);
                    S.StorePartial(y + c, S.Fma(value, S.LoadPartial(Gain + c, n), S.LoadPartial(Bias + c, n)), n);
                }
            }
        }
    }

    private struct BackwardJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor Dy;
        public Tensor X;
        public float* Gain;
        public float Eps;
        public Tensor Dx;
        public Tensor Gains;
        public Tensor Biases;

        public readonly void Run(int from, int to)
        {
            for (int block = from; block < to; block++)
            {
                for (int t = block * BlockRows; t < Math.Min((block + 1) * BlockRows, X.Rows); t++)
                {
                    AddRow(t, Gains.Row(block), Biases.Row(block));
                }
            }
        }

        private readonly void AddRow(int t, float* dgain, float* dbias)
        {
            int columns = X.Columns;
            float* x = X.Row(t);
            float* dy = Dy.Row(t);
            (float mean, float rstd) = Moments<S, V>(x, columns, Eps);
            V middle = S.Broadcast(mean), scale = S.Broadcast(rstd);
            V sum = S.Zero, product = S.Zero;
            for (int c = 0; c < columns; c += S.Lanes)
            {
                int n = Math.Min(S.Lanes, columns - c);
                V gradient = S.LoadPartial(dy + c, n);
                V normal = S.Multiply(S.Subtract(S.LoadPartial(x + c, n), middle), scale);
                V g = S.Multiply(gradient, S.LoadPartial(Gain + c, n));
                sum = S.Add(sum, g);
                product = S.Fma(g, normal, product);
                S.StorePartial(dgain + c, S.Fma(gradient, normal, S.LoadPartial(dgain + c, n)), n);
                S.StorePartial(dbias + c, S.Add(gradient, S.LoadPartial(dbias + c, n)), n);
            }

            if (Dx.IsEmpty)
            {
                return;
            }

            float* dx = Dx.Row(t);
            V shift = S.Broadcast(-S.Sum(sum) / columns), pull = S.Broadcast(-S.Sum(product) / columns);
            for (int c = 0; c < columns; c += S.Lanes)
            {
                int n = Math.Min(S.Lanes, columns - c);
                V normal = S.Multiply(S.Subtract(S.LoadPartial(x + c, n), middle), scale);
                V g = S.Fma(S.LoadPartial(dy + c, n), S.LoadPartial(Gain + c, n), shift);
                S.StorePartial(dx + c, S.Fma(S.Fma(normal, pull, g), scale, S.LoadPartial(dx + c, n)), n);
            }
        }
    }
}
