using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// The small operations on equal shapes: y = a + b, y = scale * a, y = sigmoid(gate[t]) * x[t]. Copies (concatenation, heads, rows) are in <see cref="Copy"/>.
/// </summary>
internal static unsafe class Elementwise
{
    /// <summary>y = a + b; y may be a or b.</summary>
    public static void Forward<S, V>(WorkerPool pool, Tensor a, Tensor b, Tensor y)
        where S : struct, ISimd<V>
        where V : struct => pool.For(y.Rows, 32, new AddJob<S, V> { A = a, B = b, Y = y, Factor = 1 });

    /// <summary>y += factor * a: the backward of a sum and of a scaling.</summary>
    public static void Backward<S, V>(WorkerPool pool, Tensor a, float factor, Tensor y)
        where S : struct, ISimd<V>
        where V : struct => pool.For(y.Rows, 32, new AddJob<S, V> { A = y, B = a, Y = y, Factor = factor });

    public static void Reference(Tensor a, Tensor b, Tensor y)
    {
        for (int t = 0; t < y.Rows; t++)
        {
            for (int c = 0; c < y.Columns; c++)
            {
                y[t][c] = a[t][c] + b[t][c];
            }
        }
    }

    private struct AddJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor A;
        public Tensor B;
        public Tensor Y;
        public float Factor;

        public readonly void Run(int from, int to)
        {
            V factor = S.Broadcast(Factor);
            for (int t = from; t < to; t++)
            {
                float* a = A.Row(t);
                float* b = B.Row(t);
                float* y = Y.Row(t);
                for (int c = 0; c < Y.Columns; c += S.Lanes)
                {
                    int n = Math.Min(S.Lanes, Y.Columns - c);
                    S.StorePartial(y + c, S.Fma(S.LoadPartial(b + c, n), factor, S.LoadPartial(a + c, n)), n);
                }
            }
        }
    }
}
