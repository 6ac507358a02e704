using System.Runtime.CompilerServices;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// y = silu(gate) * up, silu(g) = g * s, s = 1 / (1 + exp(-g)).
/// Backward: dgate = dy * up * s * (1 + g * (1 - s)), dup = dy * g * s.
/// </summary>
internal static unsafe class SwiGlu
{
    public static void Forward<S, V>(WorkerPool pool, Tensor gate, Tensor up, Tensor y)
        where S : struct, ISimd<V>
        where V : struct => pool.For(gate.Rows, 16, new ForwardJob<S, V> { Gate = gate, Up = up, Y = y });

    /// <summary>Adds to dgate and dup.</summary>
    public static void Backward<S, V>(WorkerPool pool, Tensor dy, Tensor gate, Tensor up, Tensor dgate, Tensor dup)
        where S : struct, ISimd<V>
        where V : struct => pool.For(gate.Rows, 16, new BackwardJob<S, V> { Dy = dy, Gate = gate, Up = up, Dgate = dgate, Dup = dup });

    public static void Reference(Tensor gate, Tensor up, Tensor y)
    {
        for (int t = 0; t < gate.Rows; t++)
        {
            for (int c = 0; c < gate.Columns; c++)
            {
                double g = gate[t][c];
                y[t][c] = (float)(g / (1 + Math.Exp(-g)) * up[t][c]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<S, V>(V x)
        where S : struct, ISimd<V>
        where V : struct
    {
        V one = S.Broadcast(1);
        return S.Divide(one, S.Add(one, S.Exp(S.Subtract(S.Zero, x))));
    }

    private struct ForwardJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor Gate;
        public Tensor Up;
        public Tensor Y;

        public readonly void Run(int from, int to)
        {
            for (int t = from; t < to; t++)
            {
                float* gate = Gate.Row(t);
                float* up = Up.Row(t);
                float* y = Y.Row(t);
                for (int c = 0; c < Gate.Columns; c += S.Lanes)
                {
                    int n = Math.Min(S.Lanes, Gate.Columns - c);
                    V g = S.LoadPartial(gate + c, n);
                    S.StorePartial(y + c, S.Multiply(S.Multiply(g, Sigmoid<S, V>(g)), S.LoadPartial(up + c, n)), n);
                }
            }
        }
    }

    private struct BackwardJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor Dy;
        public Tensor Gate;
        public Tensor Up;
        public Tensor Dgate;
        public Tensor Dup;

        public readonly void Run(int from, int to)
        {
            V one = S.Broadcast(1);
            for (int t = from; t < to; t++)
            {
                float* gate = Gate.Row(t);
                float* up = Up.Row(t);
                float* dy = Dy.Row(t);
                float* dgate = Dgate.Row(t);
                float* dup = Dup.Row(t);
                for (int c = 0; c < Gate.Columns; c += S.Lanes)
                {
                    int n = Math.Min(S.Lanes, Gate.Columns - c);
                    V g = S.LoadPartial(gate + c, n);
                    V d = S.LoadPartial(dy + c, n);
                    V s = Sigmoid<S, V>(g);
                    S.StorePartial(dup + c, S.Fma(d, S.Multiply(g, s), S.LoadPartial(dup + c, n)), n);
                    V slope = S.Multiply(s, S.Fma(g, S.Subtract(one, s), one));
                    S.StorePartial(dgate + c, S.Fma(S.Multiply(d, S.LoadPartial(up + c, n)), slope, S.LoadPartial(dgate + c, n)), n);
                }
            }
        }
    }
}
