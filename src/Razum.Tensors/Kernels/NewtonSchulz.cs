using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;

namespace Razum.Tensors.Kernels;

/// <summary>
/// The orthogonal part of a matrix, roughly: five Newton-Schulz steps bring all singular values to about 0.7 .. 1.2 (Muon; arXiv 2502.16982, algorithm 1).
/// <code>
/// X = M / (|M| + 1e-7), transposed when M has more rows than columns
/// five times: A = X X^T;  X = a X + (b A + c A A) X
/// </code>
/// </summary>
internal static unsafe class NewtonSchulz
{
    private const float A = 3.4445f;
    private const float B = -4.7750f;
    private const float C = 2.0315f;
    private const int Steps = 5;
    private const double Epsilon = 1e-7;

    /// <summary>y = the orthogonal part of m. [R, C]; on the calling thread alone. y may be m.</summary>
    internal static void Orthogonalise<S, V>(Tensor m, Tensor y)
        where S : struct, ISimd<V>
        where V : struct
    {
        bool isTall = m.Rows > m.Columns;
        int rows = Math.Min(m.Rows, m.Columns);
        int columns = Math.Max(m.Rows, m.Columns);
        float* memory = ThreadScratch.Rows(2 * (((long)rows * columns) + ((long)rows * rows)));
        var x = new Tensor(memory, rows, columns, columns);
        var next = new Tensor(memory + ((long)rows * columns), rows, columns, columns);
        var gram = new Tensor(next.Data + ((long)rows * columns), rows, rows, rows);
        var square = new Tensor(gram.Data + ((long)rows * rows), rows, rows, rows);
        Normalise(m, isTall, x);
        for (int step = 0; step < Steps; step++)
        {
            Gram<S, V>(x, gram);
            BlockProduct.Rows<S, V, Float32Panel>(
                LeftOperand.Rows(gram.Data, rows), rows, (byte*)gram.Data, rows, null, 0, rows, rows, square.Data, rows, false);
            Combine<S, V>(gram, B, square, C, square);
            BlockProduct.Rows<S, V, Float32Panel>(
                LeftOperand.Rows(square.Data, rows), rows, (byte*)x.Data, columns, null, 0, columns, rows, next.Data, columns, false);
            Combine<S, V>(x, A, next, 1, x);
        }

        Copy(x, isTall, 1, y);
    }

    /// <summary>The same in double precision.</summary>
    internal static void Reference(Tensor m, Tensor y)
    {
        int rows = m.Rows;
        int columns = m.Columns;
        double[,] x = new double[rows, columns];
        double norm = Math.Sqrt(SumOfSquares(m)) + Epsilon;
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                x[i, j] = m.Row(i)[j] / norm;
            }
        }

        // (X X^T) X = X (X^T X): a tall matrix needs no transposition here.
        for (int step = 0; step < Steps; step++)
        {
            double[,] gram = Product(x, Transpose(x));
            double[,] square = Product(gram, gram);
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < rows; j++)
                {
                    gram[i, j] = (B * gram[i, j]) + (C * square[i, j]);
                }
            }

            double[,] product = Product(gram, x);
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    x[i, j] = (A * x[i, j]) + product[i, j];
                }
            }
        }

        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                y.Row(i)[j] = (float)x[i, j];
            }
        }
    }

    private static void Normalise(Tensor m, bool isTall, Tensor x) => Copy(m, isTall, (float)(1 / (Math.Sqrt(SumOfSquares(m)) + Epsilon)), x);

    private static double SumOfSquares(Tensor m)
    {
        double sum = 0;
        for (int i = 0; i < m.Rows; i++)
        {
            float* row = m.Row(i);
            for (int j = 0; j < m.Columns; j++)
            {
                sum += (double)row[j] * row[j];
            }
        }

        return sum;
    }

    /// <summary>target = factor * source, or its transpose.</summary>
    private static void Copy(Tensor source, bool transposed, float factor, Tensor target)
    {
        for (int i = 0; i < target.Rows; i++)
        {
            float* row = target.Row(i);
            for (int j = 0; j < target.Columns; j++)
            {
                row[j] = factor * (transposed ? source.Row(j)[i] : source.Row(i)[j]);
            }
        }
    }

    /// <summary>gram = x x^T.</summary>
    private static void Gram<S, V>(Tensor x, Tensor gram)
        where S : struct, ISimd<V>
        where V : struct
    {
        nint panelValues = (nint)x.Columns * Panel.Width;
        int count = Panel.Count(x.Rows);
        float* panels = ThreadScratch.Panels(panelValues * count);
        for (int p = 0; p < count; p++)
        {
            int row = p * Panel.Width;
            Panel.Transpose(x.Row(row), x.Stride, Math.Min(Panel.Width, x.Rows - row), x.Columns, panels + (p * panelValues));
        }

        BlockProduct.Packed<S, V, Float32Panel>(
            LeftOperand.Rows(x.Data, x.Stride), x.Rows, (byte*)panels, panelValues * sizeof(float), 0, x.Rows, x.Columns, gram.Data, gram.Stride, false);
    }

    /// <summary>y = f a + g b, all contiguous.</summary>
    private static void Combine<S, V>(Tensor a, float f, Tensor b, float g, Tensor y)
        where S : struct, ISimd<V>
        where V : struct
    {
        V first = S.Broadcast(f);
        V second = S.Broadcast(g);
        nint count = (nint)a.Rows * a.Columns;
        for (nint i = 0; i < count; i += S.Lanes)
        {
            int lanes = (int)Math.Min(S.Lanes, count - i);
            V scaled = S.Multiply(second, S.LoadPartial(b.Data + i, lanes));
            S.StorePartial(y.Data + i, S.Fma(first, S.LoadPartial(a.Data + i, lanes), scaled), lanes);
        }
    }

    private static double[,] Transpose(double[,] a)
    {
        double[,] t = new double[a.GetLength(1), a.GetLength(0)];
        for (int i = 0; i < a.GetLength(0); i++)
        {
            for (int j = 0; j < a.GetLength(1); j++)
            {
                t[j, i] = a[i, j];
            }
        }

        return t;
    }

    private static double[,] Product(double[,] a, double[,] b)
    {
        double[,] c = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < a.GetLength(0); i++)
        {
            for (int k = 0; k < a.GetLength(1); k++)
            {
                for (int j = 0; j < b.GetLength(1); j++)
                {
                    c[i, j] += a[i, k] * b[k, j];
                }
            }
        }

        return c;
    }
}
