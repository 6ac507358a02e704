using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// y[t] = s[t] * x[t], s = 1 / (1 + exp(-gate)). Backward: dx = s * dy, dgate = s * (1 - s) * (dy . x).
/// One value of a gate per row: used for the shared expert of Qwen2-MoE.
/// </summary>
internal static unsafe class SigmoidGate
{
    public static void Forward(WorkerPool pool, Tensor x, Tensor gate, Tensor y) => pool.For(x.Rows, 32, new ForwardJob { X = x, Gate = gate, Y = y });

    /// <summary>Adds to dx and dgate.</summary>
    public static void Backward(WorkerPool pool, Tensor dy, Tensor x, Tensor gate, Tensor dx, Tensor dgate) =>
        pool.For(x.Rows, 32, new BackwardJob { Dy = dy, X = x, Gate = gate, Dx = dx, Dgate = dgate });

    public static void Reference(Tensor x, Tensor gate, Tensor y)
    {
        for (int t = 0; t < x.Rows; t++)
        {
            double s = 1 / (1 + Math.Exp(-gate[t][0]));
            for (int c = 0; c < x.Columns; c++)
            {
                y[t][c] = (float)(s * x[t][c]);
            }
        }
    }

    private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    private struct ForwardJob : IRangeJob
    {
        public Tensor X;
        public Tensor Gate;
        public Tensor Y;

        public readonly void Run(int from, int to)
        {
            for (int t = from; t < to; t++)
            {
                float s = Sigmoid(*Gate.Row(t));
                float* x = X.Row(t);
                float* y = Y.Row(t);
                for (int c = 0; c < X.Columns; c++)
                {
                    y[c] = s * x[c];
                }
            }
        }
    }

    private struct BackwardJob : IRangeJob
    {
        public Tensor Dy;
        public Tensor X;
        public Tensor Gate;
        public Tensor Dx;
        public Tensor Dgate;

        public readonly void Run(int from, int to)
        {
            for (int t = from; t < to; t++)
            {
                float s = Sigmoid(*Gate.Row(t));
                float* x = X.Row(t);
                float* dy = Dy.Row(t);
                float* dx = Dx.Row(t);
                float dot = 0;
                for (int c = 0; c < X.Columns; c++)
                {
                    dot += dy[c] * x[c];
                    dx[c] += s * dy[c];
                }

                *Dgate.Row(t) += s * (1 - s) * dot;
            }
        }
    }
}
