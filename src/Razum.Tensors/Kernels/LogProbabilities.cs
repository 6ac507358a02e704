using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// y[i] = log softmax(hidden[rows[i]] W^T / temperature)[targets[i]] and, if y has a second column, the entropy H of that softmax; in chunks of rows, so that
/// [T, V] never exists. The cross-entropy is a weighted sum of the first. A row may have a set of tokens that its softmax is over: their logits are moved to the
/// front, and the same loops run over fewer values.
/// Backward: dlogits = (dlogp (onehot - p) - dH p (log p + H)) / temperature, recomputed chunk by chunk; then the two products of the projection.
/// The sampler calls <see cref="LogSumExp"/> on its own row of logits: the very same bits. A factor of 1 changes none.
/// </summary>
internal static unsafe class LogProbabilities
{
    public static void Forward<S, V>(
        KernelTable kernels, Arena arena, Tensor hidden, Weight head, TargetRows rows, float temperature, Tensor y)
        where S : struct, ISimd<V>
        where V : struct
    {
        int chunk = ChunkRows(head);
        Arena.Mark mark = arena.Here();
        Tensor x = arena.Allocate(Math.Min(chunk, rows.Count), hidden.Columns);
        Tensor logits = arena.Allocate(Math.Min(chunk, rows.Count), head.Rows);
        for (int from = 0; from < rows.Count; from += chunk)
        {
            int n = Math.Min(chunk, rows.Count - from);
            Tensor part = Project(kernels, hidden, head, rows.Rows + from, x.SliceRows(0, n), logits.SliceRows(0, n));
            kernels.Pool.For(n, 4, new RowJob<S, V> { Logits = part, Rows = rows, First = from, Factor = 1 / temperature, Y = y.SliceRows(from, n) });
        }

        arena.Release(mark);
    }

    /// <summary>Adds to dhidden and dhead (each may be absent) for the gradients dy of the log-probabilities (and entropies).</summary>
    public static void Backward<S, V>(
        KernelTable kernels, Arena arena, Tensor hidden, Weight head, TargetRows rows, float temperature, Tensor dy, Tensor dhidden, Tensor dhead)
        where S : struct, ISimd<V>
        where V : struct
    {
        Chunks(kernels, arena, hidden, head, rows, dhidden, dhead, (part, from) => kernels.Pool.For(
            part.Rows,
            4,
            new GradientJob<S, V> { Logits = part, Rows = rows, First = from, Factor = 1 / temperature, Dy = dy.SliceRows(from, part.Rows) }));
    }

    /// <summary>
    /// The gradients of a loss of rows of logits: projects chunk after chunk, lets <paramref name="differentiate"/> overwrite the logits of the rows from
    /// its second argument on by their gradient, and multiplies back.
    /// </summary>
    internal static void Chunks(
        KernelTable kernels, Arena arena, Tensor hidden, Weight head, TargetRows rows, Tensor dhidden, Tensor dhead, Action<Tensor, int> differentiate)
    {
        int chunk = ChunkRows(head);
        Arena.Mark mark = arena.Here();
        Tensor x = arena.Allocate(Math.Min(chunk, rows.Count), hidden.Columns);
        Tensor dx = arena.Allocate(Math.Min(chunk, rows.Count), hidden.Columns);
        Tensor logits = arena.Allocate(Math.Min(chunk, rows.Count), head.Rows);
        for (int from = 0; from < rows.Count; from += chunk)
        {
            int n = Math.Min(chunk, rows.Count - from);
            Tensor gathered = x.SliceRows(0, n);
            Tensor part = Project(kernels, hidden, head, rows.Rows + from, gathered, logits.SliceRows(0, n));
            differentiate(part, from);
            Tensor gradient = dhidden.IsEmpty ? default : dx.SliceRows(0, n);
            kernels.LinearBackward(part, gathered, head, gradient, accumulate: false, dhead);
            if (!dhidden.IsEmpty)
            {
                Copy.Backward(kernels.Pool, Whole(gradient), Whole(dhidden), 1, rows.Rows + from);
            }
        }

        arena.Release(mark);
    }

    /// <summary>All rows, in double; with <paramref name="sets"/>, all but their tokens (none for all) have the probability 0.</summary>
    public static void Reference(Tensor hidden, Weight head, int* targets, float temperature, Tensor y, int[][]? sets = null)
    {
        for (int i = 0; i < hidden.Rows; i++)
        {
            int[] set = sets is null ? [] : sets[i];
            double[] logits = [.. Logits(hidden, head, i).Select((l, v) => set.Length == 0 || set.Contains(v) ? l / temperature : double.NegativeInfinity)];
            double max = logits.Max();
            double shift = max + Math.Log(logits.Sum(l => Math.Exp(l - max)));
            y.Row(i)[0] = (float)(logits[targets[i]] - shift);
            if (y.Columns == 2)
            {
                y.Row(i)[1] = (float)-logits.Where(double.IsFinite).Sum(l => Math.Exp(l - shift) * (l - shift));
            }
        }
    }

    /// <summary>One row of hidden W^T in double.</summary>
    internal static double[] Logits(Tensor hidden, Weight head, int row)
    {
        float[] w = head.ToArray();
        double[] logits = new double[head.Rows];
        for (int v = 0; v < logits.Length; v++)
        {
            for (int d = 0; d < head.Columns; d++)
            {
                logits[v] += (double)hidden[row][d] * w[(v * head.Columns) + d];
            }
        }

        return logits;
    }

    /// <summary>log(sum(exp(factor * logits))) of one row, factor above 0.</summary>
    public static float LogSumExp<S, V>(float* logits, int count, float factor = 1)
        where S : struct, ISimd<V>
        where V : struct
    {
        float max = Max<S, V>(logits, count);
        V shift = S.Broadcast(max);
        V scale = S.Broadcast(factor);
        V sum = S.Zero;
        int c = 0;
        for (; c + S.Lanes <= count; c += S.Lanes)
        {
            sum = S.Add(sum, S.Exp(S.Multiply(S.Subtract(S.Load(logits + c), shift), scale)));
        }

        float total = S.Sum(sum);
        for (; c < count; c++)
        {
            total += MathF.Exp((logits[c] - max) * factor);
        }

        return (max * factor) + MathF.Log(total);
    }

    /// <summary>-sum p log p, log p = factor * logits - logSumExp.</summary>
    private static float Entropy<S, V>(float* logits, int count, float factor, float logSumExp)
        where S : struct, ISimd<V>
        where V : struct
    {
        V shift = S.Broadcast(logSumExp);
        V scale = S.Broadcast(factor);
        V sum = S.Zero;
        int c = 0;
        for (; c + S.Lanes <= count; c += S.Lanes)
        {
            V logp = S.Subtract(S.Multiply(S.Load(logits + c), scale), shift);
            sum = S.Add(sum, S.Multiply(S.Exp(logp), logp));
        }

        float total = S.Sum(sum);
        for (; c < count; c++)
        {
            float logp = (logits[c] * factor) - logSumExp;
            total += MathF.Exp(logp) * logp;
        }

        return -total;
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

    internal static int ChunkRows(Weight head) => Math.Clamp((1 << 19) / head.Rows, 48, 1536);

    internal static Tensor Project(KernelTable kernels, Tensor hidden, Weight head, int* rows, Tensor x, Tensor logits)
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
        public TargetRows Rows;
        public int First;
        public float Factor;
        public Tensor Y;

        public readonly void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                float* logits = Logits.Row(i);
                float target = logits[Rows.Targets[First + i]];
                int count = Rows.Gather(First + i, logits, Logits.Columns);
                float shift = LogSumExp<S, V>(logits, count, Factor);
                Y.Row(i)[0] = (target * Factor) - shift;
                if (Y.Columns == 2)
                {
                    Y.Row(i)[1] = Entropy<S, V>(logits, count, Factor, shift);
                }
            }
        }
    }

    private struct GradientJob<S, V> : IRangeJob
        where S : struct, ISimd<V>
        where V : struct
    {
        public Tensor Logits;
        public TargetRows Rows;
        public int First;
        public float Factor;
        public Tensor Dy;

        public readonly void Run(int from, int to)
        {
            V factor = S.Broadcast(Factor);
            for (int i = from; i < to; i++)
            {
                float* logits = Logits.Row(i);
                int count = Rows.Gather(First + i, logits, Logits.Columns);
                float logSumExp = LogSumExp<S, V>(logits, count, Factor);
                float entropySlope = Dy.Columns == 2 ? Dy.Row(i)[1] * Factor : 0;
                float entropy = entropySlope == 0 ? 0 : Entropy<S, V>(logits, count, Factor, logSumExp);
                V shift = S.Broadcast(logSumExp);
                V bend = S.Broadcast(-entropySlope);
                V scale = S.Broadcast((-Dy.Row(i)[0] * Factor) - (entropySlope * entropy));
                for (int c = 0; c < count; c += S.Lanes)
                {
                    int n = Math.Min(S.Lanes, count - c);
                    V logp = S.Subtract(S.Multiply(S.LoadPartial(logits + c, n), factor), shift);
                    V slope = entropySlope == 0 ? scale : S.Fma(bend, logp, scale); // -dlogp - dH (log p + H), over the temperature
                    S.StorePartial(logits + c, S.Multiply(slope, S.Exp(logp)), n);
                }

                Rows.Scatter(First + i, logits, Logits.Columns);
                logits[Rows.Targets[First + i]] += Dy.Row(i)[0] * Factor;
            }
        }
    }
}
