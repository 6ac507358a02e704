using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// sum_i weights[i] * loss(rows[i], hidden[rows[i]] W^T), in chunks of rows, for any <see cref="LogitLoss"/>. Backward: the loss writes dlogits over its row of
/// logits, which are computed again; then the two products of the projection, as in <see cref="LogProbabilities"/>.
/// </summary>
internal static unsafe class HeadLoss
{
    public static double Forward(KernelTable kernels, Arena arena, Tensor hidden, Weight head, LogitLoss loss, TargetRows rows)
    {
        int chunk = LogProbabilities.ChunkRows(head);
        Arena.Mark mark = arena.Here();
        Tensor x = arena.Allocate(Math.Min(chunk, rows.Count), hidden.Columns);
        Tensor logits = arena.Allocate(Math.Min(chunk, rows.Count), head.Rows);
        double* values = (double*)arena.AllocateInts(2L * rows.Count);
        for (int from = 0; from < rows.Count; from += chunk)
        {
            int n = Math.Min(chunk, rows.Count - from);
            Tensor part = LogProbabilities.Project(kernels, hidden, head, rows.Rows + from, x.SliceRows(0, n), logits.SliceRows(0, n));
            kernels.Pool.For(n, 1, new ValueJob { Loss = loss, Logits = part, Rows = rows.Rows + from, Values = values + from });
        }

        double sum = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            sum += rows.Weights[i] * values[i];
        }

        arena.Release(mark);
        return sum;
    }

    /// <summary>Adds to dhidden and dhead (each may be absent) for the gradient dy of the sum.</summary>
    public static void Backward(
        KernelTable kernels, Arena arena, Tensor hidden, Weight head, LogitLoss loss, TargetRows rows, float dy, Tensor dhidden, Tensor dhead) =>
        LogProbabilities.Chunks(kernels, arena, hidden, head, rows, dhidden, dhead, (part, from) => kernels.Pool.For(
            part.Rows, 1, new GradientJob { Loss = loss, Logits = part, Rows = rows.Rows + from, Weights = rows.Weights + from, Dy = dy }));

    /// <summary>All rows, from logits computed in double.</summary>
    public static double Reference(Tensor hidden, Weight head, LogitLoss loss, ReadOnlySpan<float> rowWeights)
    {
        double sum = 0;
        for (int t = 0; t < hidden.Rows; t++)
        {
            float[] logits = [.. LogProbabilities.Logits(hidden, head, t).Select(l => (float)l)];
            sum += rowWeights[t] * loss.Evaluate(t, logits, gradient: false);
        }

        return sum;
    }

    private struct ValueJob : IRangeJob
    {
        public LogitLoss Loss;
        public Tensor Logits;
        public int* Rows;
        public double* Values;

        public readonly void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Values[i] = Loss.Evaluate(Rows[i], Logits[i], gradient: false);
            }
        }
    }

    private struct GradientJob : IRangeJob
    {
        public LogitLoss Loss;
        public Tensor Logits;
        public int* Rows;
        public float* Weights;
        public float Dy;

        public readonly void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                Span<float> logits = Logits[i];
                Loss.Evaluate(Rows[i], logits, gradient: true);
                float scale = Dy * Weights[i];
                foreach (ref float slope in logits)
                {
                    slope *= scale;
                }
            }
        }
    }
}
