using Razum.Tensors.Threading;

namespace Razum.Tensors.Kernels;

/// <summary>
/// Moves columns of every head from one layout to another: target head h, columns [to.From, + Count) = source head h, columns [from.From, + Count).
/// Concatenation is a copy with one head; a stride of 0 shares the source among heads. Backward adds in the other direction, heads in ascending order.
/// </summary>
internal static unsafe class Copy
{
    /// <summary>y[t, h*y.Stride + y.From + i] = x[rows[t], h*x.Stride + x.From + i]; rows null means t itself.</summary>
    public static void Forward(WorkerPool pool, HeadColumns x, HeadColumns y, int heads, int* rows) =>
        pool.For(y.Source.Rows, 32, new ForwardJob { X = x, Y = y, Heads = heads, Rows = rows });

    /// <summary>Adds dy to dx. With rows that repeat, in ascending order on one thread.</summary>
    public static void Backward(WorkerPool pool, HeadColumns dy, HeadColumns dx, int heads, int* rows) =>
        pool.For(dy.Source.Rows, rows == null ? 32 : int.MaxValue, new BackwardJob { Dy = dy, Dx = dx, Heads = heads, Rows = rows });

    /// <summary>y[rows[t]] += x[t], no row twice.</summary>
    public static void AddRows(WorkerPool pool, Tensor x, int* rows, Tensor y) => pool.For(
        x.Rows, 32, new BackwardJob { Dy = new HeadColumns(x, 0, 0, x.Columns), Dx = new HeadColumns(y, 0, 0, y.Columns), Heads = 1, Rows = rows });

    public static void Reference(HeadColumns x, HeadColumns y, int heads, int* rows)
    {
        for (int t = 0; t < y.Source.Rows; t++)
        {
            for (int h = 0; h < heads; h++)
            {
                for (int i = 0; i < x.Count; i++)
                {
                    y.Source[t][(h * y.Stride) + y.From + i] = x.Source[rows == null ? t : rows[t]][(h * x.Stride) + x.From + i];
                }
            }
        }
    }

    private struct ForwardJob : IRangeJob
    {
        public HeadColumns X;
        public HeadColumns Y;
        public int Heads;
        public int* Rows;

        public readonly void Run(int from, int to)
        {
            for (int t = from; t < to; t++)
            {
                float* x = X.Source.Row(Rows == null ? t : Rows[t]) + X.From;
                float* y = Y.Source.Row(t) + Y.From;
                for (int h = 0; h < Heads; h++, x += X.Stride, y += Y.Stride)
                {
                    new ReadOnlySpan<float>(x, X.Count).CopyTo(new Span<float>(y, X.Count));
                }
            }
        }
    }

    private struct BackwardJob : IRangeJob
    {
        public HeadColumns Dy;
        public HeadColumns Dx;
        public int Heads;
        public int* Rows;

        public readonly void Run(int from, int to)
        {
            for (int t = from; t < to; t++)
            {
                float* dx = Dx.Source.Row(Rows == null ? t : Rows[t]) + Dx.From;
                float* dy = Dy.Source.Row(t) + Dy.From;
                for (int h = 0; h < Heads; h++, dx += Dx.Stride, dy += Dy.Stride)
                {
                    for (int i = 0; i < Dx.Count; i++)
                    {
                        dx[i] += dy[i];
                    }
                }
            }
        }
    }
}
