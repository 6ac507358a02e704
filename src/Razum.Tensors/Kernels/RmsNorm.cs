using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// y = gain * x * rstd, rstd = 1 / sqrt(mean(x^2) + eps), for each row.
/// Backward: dx = rstd * (g - x * rstd^2 * mean(g * x)) with g = gain * dy; dgain = sum over rows of dy * x * rstd.
/// </summary>
internal static unsafe class RmsNorm
{
    /// <summary>Rows whose share of dgain is summed together; fixed, so that the sum does not depend on the threads.</summary>
    private const int BlockRows = 64;

    public static void Forward<S, V>(WorkerPool pool, Tensor x, float* gain, float eps, Tensor y)
        where S : struct, ISimd<V>
        where V : struct => pool.For(x.Rows, 32, new ForwardJob<S, V> { X = x, Gain = gain, Eps = eps, Y = y });

    /// <summary>Adds to dx and dgain (each may be absent).</summary>
    public static void Backward<S, V>(WorkerPool pool, Arena arena, Tensor dy, Tensor x, float* gain, float eps, Tensor dx, float* dgain)
        where S : struct, ISimd<V>
        where V : struct
    {
        int blocks = (x.Rows + BlockRows - 1) / BlockRows;
        Arena.Mark mark = arena.Here();
        Tensor partial = dgain == null ? default : arena.AllocateZeroed(blocks, x.Columns);
        pool.For(blocks, 1, new BackwardJob<S, V> { Dy = dy, X = x, Gain = gain, Eps = eps, Dx = dx, Partial = partial });
        if (dgain != null)
        {
            for (int b = 0; b < blocks; b++)
            {
                float* row = partial.Row(b);
                for (int c = 0; c < x.Columns; c++)
                {
                    dgain[c] += row[c];
                }
            }
        }

        arena.Release(mark);
    }

    public static void Reference(Tensor x, float* gain, float eps, Tensor y)
    {
        for (int t = 0; t < x.Rows; t++)
        {
            double sum = 0;
            foreach (float value in x[t])
            {
                sum += (double)value * value;
            }

            double scale = 1 / Math.Sqrt((sum / x.Columns) + eps);
            for (int c = 0; c < x.Columns; c++)
            {
                y[t][c] = (float)(x[t][c] * scale * gain[c]);
            }
        }
    }

    private static float ReciprocalRoot<S, V>(float* x, int columns, float eps)
        where S : struct, ISimd<V>
        where V : struct
    {
        V sum = S.Zero;
        int c = 0;
        for (; c + S.Lanes <= columns; c += S.Lanes)
        {
            V value = S.Load(x + c);
            sum = S.Fma(value, value, sum);
        }

        if (c < columns)
        {
            V value = S.LoadPartial(x + c, columns - c);
            sum = S.Fma(value, value, sum);
        }

        return 1 / MathF.Sqrt((S.Sum(sum) / columns) + eps);
    }

    private struct ForwardJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor X;
        public float* Gain;
        public float Eps;
        public Tensor Y;

        public readonly void Run(int from, int to)
        {
            int columns = X.Columns;
            for (int t = from; t < to; t++)
            {
                float* x = X.Row(t);
                float* y = Y.Row(t);
                V scale = S.Broadcast(ReciprocalRoot<S, V>(x, columns, Eps));
                for (int c = 0; c < columns; c += S.Lanes)
                {
                    int n = Math.Min(S.Lanes, columns - c);
                    V value = S.Multiply(S.Multiply(S.LoadPartial(x + c, n), scale), S.LoadPartial(Gain + c, n));
                    S.StorePartial(y + c, value, n);
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
        public Tensor Partial;

        public readonly void Run(int from, int to)
        {
            int columns = X.Columns;
            for (int block = from; block < to; block++)
            {
                float* dgain = Partial.IsEmpty ? null : Partial.Row(block);
                for (int t = block * BlockRows; t < Math.Min((block + 1) * BlockRows, X.Rows); t++)
                {
                    float* x = X.Row(t);
                    float* dy = Dy.Row(t);
                    float rstd = ReciprocalRoot<S, V>(x, columns, Eps);
                    V scale = S.Broadcast(rstd);
                    V sum = S.Zero;
                    for (int c = 0; c < columns; c += S.Lanes)
                    {
                        int n = Math.Min(S.Lanes, columns - c);
                        V product = S.Multiply(S.LoadPartial(dy + c, n), S.LoadPartial(x + c, n));
                        sum = S.Fma(product, S.LoadPartial(Gain + c, n), sum);
                        if (dgain != null)
                        {
                            S.StorePartial(dgain + c, S.Fma(product, scale, S.LoadPartial(dgain + c, n)), n);
                        }
                    }

                    if (Dx.IsEmpty)
                    {
                        continue;
                    }

                    float* dx = Dx.Row(t);
                    V pull = S.Broadcast(-S.Sum(sum) * rstd * rstd / columns);
                    for (int c = 0; c < columns; c += S.Lanes)
                    {
                        int n = Math.Min(S.Lanes, columns - c);
                        V g = S.Multiply(S.LoadPartial(dy + c, n), S.LoadPartial(Gain + c, n));
                        V inner = S.Fma(S.LoadPartial(x + c, n), pull, g);
                        S.StorePartial(dx + c, S.Fma(inner, scale, S.LoadPartial(dx + c, n)), n);
                    }
                }
            }
        }
    }
}
