using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Random queries, keys and values of one packed batch, and the kernel run over them on any instruction set.</summary>
internal sealed class AttentionProblem : IDisposable
{
    // Starting threads is slow on a busy machine. Only one class of tests uses these, one test at a time.
    private static readonly WorkerPool[] s_pools = [new(1), new(2), new(3)];

    private readonly Arena _arena = new();

    public AttentionProblem(AttentionShape shape, int rows, int seed, bool valuesAreKeys = false)
    {
        Shape = shape;
        var random = new Random(seed);
        Q = Fill(rows, shape.Heads * shape.KeyDim, random);
        K = Fill(rows, shape.KvHeads * shape.KeyDim, random);
        V = valuesAreKeys ? K.Slice(0, shape.ValueDim) : Fill(rows, shape.KvHeads * shape.ValueDim, random);
    }

    public AttentionShape Shape { get; }

    public Tensor Q { get; }

    public Tensor K { get; }

    public Tensor V { get; }

    /// <summary>A cache of two layers that fits the problem.</summary>
    public KeyValueCache Cache() => KeyValueCache.Alone(new CacheShape(2, K.Columns, AreViews ? 0 : V.Columns), 4096);

    private unsafe bool AreViews => V.Data == K.Data;

    /// <summary>Output and logSumExp for query rows [start, start + rows) of the problem; segments count from there.</summary>
    public (float[] Y, float[] LogSumExp) Forward(InstructionSet set, int threads, int start, int rows, int layer, params Segment[] segments)
    {
        WorkerPool pool = s_pools[threads - 1];
        using var arena = new Arena();
        Tensor y = arena.Allocate(rows, Shape.Heads * Shape.ValueDim);
        Tensor logSumExp = arena.Allocate(rows, Shape.Heads);
        Forward(set, pool, Rows(Q, start, rows), Rows(K, start, rows), Rows(V, start, rows), segments, layer, y, logSumExp);
        return (y.ToArray(), logSumExp.ToArray());
    }

    /// <summary>Gradients of sum(weights * y), each added to <paramref name="initial"/>.</summary>
    public (float[] Dq, float[] Dk, float[] Dv) Backward(InstructionSet set, int threads, float[] weights, float initial, params Segment[] segments)
    {
        WorkerPool pool = s_pools[threads - 1];
        using var arena = new Arena();
        Tensor y = arena.Allocate(Q.Rows, Shape.Heads * Shape.ValueDim);
        Tensor dy = arena.Allocate(y.Rows, y.Columns);
        weights.CopyTo(dy);
        Tensor logSumExp = arena.Allocate(Q.Rows, Shape.Heads);
        Forward(set, pool, Q, K, V, segments, 0, y, logSumExp);
        Tensor dq = arena.Allocate(Q.Rows, Q.Columns), dk = arena.Allocate(K.Rows, K.Columns);
        Tensor dv = AreViews ? dk.Slice(0, V.Columns) : arena.Allocate(V.Rows, V.Columns);
        foreach (Tensor gradient in new[] { dq, dk, dv })
        {
            for (int r = 0; r < gradient.Rows; r++)
            {
                gradient[r].Fill(initial);
            }
        }

        KernelTable.Create(set, pool).AttentionBackward(arena, dy, Q, K, V, y, logSumExp, Shape, segments, dq, dk, dv);
        return (dq.ToArray(), dk.ToArray(), dv.ToArray());
    }

    /// <summary>The formula in double.</summary>
    public (double[] Y, double[] LogSumExp) Reference(params Segment[] segments)
    {
        double[] y = new double[Q.Rows * Shape.Heads * Shape.ValueDim], logSumExp = new double[Q.Rows * Shape.Heads];
        Attention.Reference(Q, K, V, Shape, segments, 0, y, logSumExp);
        return (y, logSumExp);
    }

    public void Dispose() => _arena.Dispose();

    private static unsafe Tensor Rows(Tensor x, int start, int rows) => new(x.Row(start), rows, x.Columns, x.Stride);

    private void Forward(InstructionSet set, WorkerPool pool, Tensor q, Tensor k, Tensor v, Segment[] segments, int layer, Tensor y, Tensor logSumExp) =>
        KernelTable.Create(set, pool).Attention(q, k, v, Shape, segments, layer, y, logSumExp);

    // Between two columns of NaN: a kernel that reads beyond its columns is found out.
    private Tensor Fill(int rows, int columns, Random random)
    {
        Tensor wide = _arena.Allocate(rows, columns + 2);
        for (int r = 0; r < rows; r++)
        {
            wide[r].Fill(float.NaN);
            foreach (ref float value in wide[r].Slice(1, columns))
            {
                value = (float)((random.NextDouble() * 3) - 1.5);
            }
        }

        return wide.Slice(1, columns);
    }
}

internal static class TensorFilling
{
    /// <summary>Fills a contiguous tensor, row by row.</summary>
    public static void CopyTo(this float[] values, Tensor target)
    {
        for (int r = 0; r < target.Rows; r++)
        {
            values.AsSpan(r * target.Columns, target.Columns).CopyTo(target[r]);
        }
    }
}
