using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// y[i] = log softmax(hidden[rows[i]] W^T)[targets[i]], in chunks of rows, so that [T, V] never exists. The cross-entropy is a weighted sum of these.
/// Backward: dlogits = dy * (onehot - softmax), recomputed chunk by chunk; then the two products of the projection.
/// The sampler calls <see cref="LogSumExp"/> on its own row of logits: the very same bits.
/// </summary>
internal static unsafe class LogProbabilities
{
    public static void Forward<S, V>(
        KernelTable kernels, Arena arena, Tensor hidden, Weight head, int* rows, int* targets, int count, float* y)
        where S : struct, ISimd<V>
        where V : struct
    {
        int chunk = ChunkRows(head);
        Arena.Mark mark = arena.Here();
        Tensor x = arena.Allocate(Math.Min(chunk, count), hidden.Columns);
        Tensor logits = arena.Allocate(Math.Min(chunk, count), head.Rows);
        for (int from = 0; from < count; from += chunk)
        {
            int n = Math.Min(chunk, count - from);
            Tensor part = Project(kernels, hidden, head, rows + from, x.SliceRows(0, n), logits.SliceRows(0, n));
            kernels.Pool.For(n, 4, new RowJob<S, V> { Logits = part, Targets = targets + from, Y = y + from });
        }

        arena.Release(mark);
    }

    /// <summary>Adds to dhidden and dhead (each may be absent) for the gradients dy of the log-probabilities.</summary>
    public static void Backward<S, V>(
        KernelTable kernels, Arena arena, Tensor hidden, Weight head, int* rows, int* targets, int count, float* dy, Tensor dhidden, Tensor dhead)
        where S : struct, ISimd<V>
        where V : struct
    {
        int chunk = ChunkRows(head);
        Arena.Mark mark = arena.Here();
        Tensor x = arena.Allocate(Math.Min(chunk, count), hidden.Columns);
        Tensor dx = arena.Allocate(Math.Min(chunk, count), hidden.Columns);
        Tensor logits = arena.Allocate(Math.Min(chunk, count), head.Rows);
        for (int from = 0; from < count; from += chunk)
        {
            int n = Math.Min(chunk, count - from);
            Tensor gathered = x.SliceRows(0, n);
            Tensor part = Project(kernels, hidden, head, rows + from, gathered, logits.SliceRows(0, n));
            kernels.Pool.For(n, 4, new GradientJob<S, V> { Logits = part, Targets = targets + from, Dy = dy + from });
            Tensor gradient = dhidden.IsEmpty ? default : dx.SliceRows(0, n);
            kernels.LinearBackward(part, gathered, head, gradient, accumulate: false, dhead);
            if (!dhidden.IsEmpty)
            {
                Copy.Backward(kernels.Pool, Whole(gradient), Whole(dhidden), 1, rows + from);
            }
        }

        arena.Release(mark);
    }

    public static void Reference(Tensor hidden, Weight head, int* rows, int* targets, int count, float* y)
    {
        float[] w = head.ToArray();
        double[] logits = new double[head.Rows];
        for (int i = 0; i < count; i++)
        {
            Span<float> x = hidden[rows[i]];
            for (int v = 0; v < logits.Length; v++)
            {
                logits[v] = 0;
                for (int d = 0; d < head.Columns; d++)
                {
                    logits[v] += (double)w[(v * head.Columns) + d] * x[d];
                }
            }

            double max = logits.Max();
            y[i] = (float)(logits[targets[i]] - max - Math.Log(logits.Sum(l => Math.Exp(l - max))));
        }
    }

    /// <summary>log(sum(exp(logits))) of one row.</summary>
    public static float LogSumExp<S, V>(float* logits, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        float max = Max<S, V>(logits, count);
        V shift = S.Broadcast(max);
        V sum = S.Zero;
        int c = 0;
        for (; c + S.Lanes <= count; c += S.Lanes)
        {
            sum = S.Add(sum, S.Exp(S.Subtract(S.Load(logits + c), shift)));
        }

        float total = S.Sum(sum);
        for (; c < count; c++)
        {
            total += MathF.Exp(logits[c] - max);
        }

        return max + MathF.Log(total);
    }

    private static float Max<S, V>(float* logits, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        V max = S.Broadcast(float.NegativeInfinity);
        int c = 0;
        for (; c + S.Lanes <= count; c += S.Lanes)
        {
            max = S.Max(max, S.Load(logits + c));
        }

        float result = S.MaxLane(max);
        for (; c < count; c++)
        {
            result = MathF.Max(result, logits[c]);
        }

        return result;
    }

    private static HeadColumns Whole(Tensor x) => new(x, 0, 0, x.Columns);

    private static int ChunkRows(Weight head) => Math.Clamp((1 << 19) / head.Rows, 48, 1536);

    private static Tensor Project(KernelTable kernels, Tensor hidden, Weight head, int* rows, Tensor x, Tensor logits)
    {
        Copy.Forward(kernels.Pool, Whole(hidden), Whole(x), 1, rows);
        kernels.Linear(x, head, null, logits);
        kernels.Activations.Forget(); // x is filled anew without the arena's knowing
        return logits;
    }

    private struct RowJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor Logits;
        public int* Targets;
        public float* Y;

        public readonly void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                float* logits = Logits.Row(i);
                Y[i] = logits[Targets[i]] - LogSumExp<S, V>(logits, Logits.Columns);
            }
        }
    }

    private struct GradientJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor Logits;
        public int* Targets;
        public float* Dy;

        public readonly void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                float* logits = Logits.Row(i);
                V shift = S.Broadcast(LogSumExp<S, V>(logits, Logits.Columns));
                V scale = S.Broadcast(-Dy[i]);
                for (int c = 0; c < Logits.Columns; c += S.Lanes)
                {
                    int n = Math.Min(S.Lanes, Logits.Columns - c);
                    S.StorePartial(logits + c, S.Multiply(scale, S.Exp(S.Subtract(S.LoadPartial(logits + c, n), shift))), n);
                }

                logits[Targets[i]] += Dy[i];
            }
        }
    }
}
