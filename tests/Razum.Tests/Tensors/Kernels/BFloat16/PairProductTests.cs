using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Kernels.BFloat16;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Kernels.BFloat16;

/// <summary>
/// Products in BF16 through the kernel table: against the reference on operands that BF16 holds exactly, machine code against portable code, and the bits of a row.
/// </summary>
public sealed class PairProductTests
{
    private static readonly (int T, int K, int N)[] s_sizes =
        [(1, 1, 1), (1, 64, 96), (2, 7, 33), (3, 130, 31), (5, 16, 16), (13, 65, 100), (27, 600, 47), (101, 33, 130), (450, 40, 300)];

    public static TheoryData<InstructionSet> Sets => [.. InstructionSets.Supported.TakeLast(2)];

    [Theory]
    [MemberData(nameof(Sets))]
    public void Equal_the_reference_where_rounding_changes_nothing(InstructionSet set)
    {
        using WorkerPool pool = new(2);
        KernelTable kernels = KernelTable.Create(set, pool, Arithmetic.BF16);
        foreach ((int t, int k, int n) in s_sizes)
        {
            foreach (WeightFormat format in (WeightFormat[])[WeightFormat.F32, WeightFormat.BF16])
            {
                using Matrices make = new(t + n);
                Weight w = Rounded(make.Weight(n, k, format));
                Weight? bias = n % 2 == 0 ? make.Weight(1, n, format) : null;
                (Tensor x, Tensor dy) = (Rounded(make.Random(t, k, 3)), Rounded(make.Random(t, n, 1)));
                (Tensor y, Tensor dx, Tensor dw) = (make.Filled(t, n, 5), make.Filled(t, k, 2), make.Random(n, k));
                (Tensor expected, Tensor expectedX, Tensor expectedW) = (make.Filled(t, n), make.Filled(t, k), make.Copy(dw));
                kernels.Linear(x, w, bias, y);
                Linear.Reference(x, w, bias, expected);
                Matrices.Close(expected, y);

                kernels.LinearBackward(dy, x, w, dx, false, dw);
                Linear.ReferenceBackward(dy, x, w, expectedX, expectedW, default);
                Matrices.Close(expectedX, dx);
                Matrices.Close(expectedW, dw);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Heads_equal_the_reference_where_rounding_changes_nothing(InstructionSet set)
    {
        using WorkerPool pool = new(2);
        KernelTable kernels = KernelTable.Create(set, pool, Arithmetic.BF16);
        foreach ((int t, int heads, int count, int columns) in ((int, int, int, int)[])[(1, 3, 8, 40), (7, 4, 33, 21), (70, 2, 48, 65)])
        {
            foreach (bool transposed in (bool[])[false, true])
            {
                using Matrices make = new(t + heads);
                HeadRows slice = new(count + 5, 3, count);
                Weight w = Rounded(make.Weight((heads * slice.Step) + 3, columns));
                (int inputs, int outputs) = transposed ? (heads * count, heads * columns) : (heads * columns, heads * count);
                (Tensor x, Tensor dy) = (Rounded(make.Random(t, inputs)), Rounded(make.Random(t, outputs)));
                (Tensor y, Tensor dx, Tensor dw) = (make.Filled(t, outputs), make.Filled(t, inputs), make.Zeros(w.Rows, columns));
                (Tensor expected, Tensor expectedX, Tensor expectedW) = (make.Filled(t, outputs), make.Filled(t, inputs), make.Zeros(w.Rows, columns));
                kernels.HeadLinear(x, w, slice, heads, transposed, y);
                kernels.HeadLinearBackwardInput(dy, w, slice, heads, transposed, dx, false);
                kernels.HeadLinearBackwardWeight(dy, x, slice, heads, transposed, dw);
                HeadLinear.Reference(x, w, slice, heads, transposed, expected);
                HeadLinear.ReferenceBackward(dy, x, w, slice, heads, transposed, expectedX, expectedW);
                Matrices.Close(expected, y);
                Matrices.Close(expectedX, dx);
                Matrices.Close(expectedW, dw);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Experts_are_close_to_the_reference(InstructionSet set)
    {
        using WorkerPool pool = new(2);
        KernelTable kernels = KernelTable.Create(set, pool, Arithmetic.BF16);
        using Matrices make = new(5);
        (int t, int d, int inner, int count) = (70, 40, 24, 4);
        ExpertWeights experts = new(
            [.. Enumerable.Range(0, count).Select(_ => make.Weight(inner, d, gradient: true))],
            [.. Enumerable.Range(0, count).Select(_ => make.Weight(inner, d, gradient: true))],
            [.. Enumerable.Range(0, count).Select(_ => make.Weight(d, inner, gradient: true))]);
        Tensor x = make.Random(t, d);
        Routing routing = Routes(make, t, count);
        (Tensor y, Tensor expected) = (make.Filled(t, d), make.Filled(t, d));
        kernels.Experts(make.Arena, x, routing, experts, y, out ExpertActivations saved);
        Experts.Reference(x, routing, experts, expected);
        Near(expected, y);

        Tensor dy = make.Random(t, d);
        (Tensor dx, Tensor dRouting) = (make.Zeros(t, d), make.Zeros(t, 2));
        (Tensor expectedX, Tensor expectedRouting) = (make.Zeros(t, d), make.Zeros(t, 2));
        kernels.ExpertsBackward(make.Arena, dy, x, routing, experts, saved, dx, dRouting);
        Weight[] all = [.. experts.Gate, .. experts.Up, .. experts.Down];
        Tensor[] gradients = [.. all.Select(w => make.Copy(w.Gradient!.Value))];
        foreach (Weight weight in all)
        {
            for (int r = 0; r < weight.Rows; r++)
            {
                weight.Gradient!.Value[r].Clear();
            }
        }

        Experts.ReferenceBackward(dy, x, routing, experts, expectedX, expectedRouting);
        Near(expectedX, dx);
        Near(expectedRouting, dRouting);
        foreach ((Weight weight, Tensor gradient) in all.Zip(gradients))
        {
            Near(weight.Gradient!.Value, gradient);
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Bits_of_a_row_depend_on_nothing_else(InstructionSet set)
    {
        (int t, int k, int n) = (431, 900, 145);
        using Matrices make = new(7);
        (Weight w, Weight bias) = (make.Weight(n, k), make.Weight(1, n));
        (Tensor x, Tensor dy) = (make.Random(t, k), make.Random(t, n));
        (Tensor y, Tensor dx, Tensor dw) = (make.Filled(t, n), make.Filled(t, k), make.Zeros(n, k));
        using (WorkerPool one = new(1))
        {
            KernelTable kernels = KernelTable.Create(set, one, Arithmetic.BF16);
            kernels.Linear(x, w, bias, y);
            kernels.LinearBackward(dy, x, w, dx, false, dw);
        }

        foreach ((int threads, int chunk) in ((int, int)[])[(1, 1), (2, 5), (3, 12), (2, 13), (3, 200), (2, t)])
        {
            using WorkerPool pool = new(threads);
            KernelTable kernels = KernelTable.Create(set, pool, Arithmetic.BF16);
            (Tensor y2, Tensor dx2, Tensor dw2) = (make.Filled(t, n), make.Filled(t, k), make.Zeros(n, k));
            for (int row = 0; row < t; row += chunk)
            {
                int rows = Math.Min(chunk, t - row);
                kernels.Linear(x.SliceRows(row, rows), w, bias, y2.SliceRows(row, rows));
                kernels.LinearBackwardInput(dy.SliceRows(row, rows), w, dx2.SliceRows(row, rows), accumulate: false);
            }

            kernels.LinearBackwardWeight(dy, x, dw2);
            Matrices.Same(y, y2);
            Matrices.Same(dx, dx2);
            Matrices.Same(dw, dw2);
        }
    }

    [Fact]
    public void Changed_weights_are_packed_again()
    {
        using WorkerPool pool = new(2);
        KernelTable kernels = KernelTable.Create(InstructionSets.Supported[^1], pool, Arithmetic.BF16);
        using Matrices make = new(3);
        Weight w = Rounded(make.Weight(40, 20));
        (Tensor x, Tensor y, Tensor expected) = (Rounded(make.Random(3, 20)), make.Filled(3, 40), make.Filled(3, 40));
        kernels.Linear(x, w, null, y);
        w.AsSpan()[5] = 100;
        w.MarkChanged();
        kernels.Linear(x, w, null, y);
        Linear.Reference(x, w, null, expected);
        Matrices.Close(expected, y);
    }

    [Fact]
    public void A_row_through_a_weight_allocates_nothing()
    {
        using WorkerPool pool = new(2);
        KernelTable kernels = KernelTable.Create(InstructionSets.Supported[^1], pool, Arithmetic.BF16);
        using Matrices make = new(3);
        Weight w = make.Weight(640, 256);
        (Tensor x, Tensor y) = (make.Random(1, 256), make.Filled(1, 640));
        kernels.Linear(x, w, null, y);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            kernels.Linear(x, w, null, y);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static unsafe Routing Routes(Matrices make, int rows, int experts)
    {
        int* ids = make.Arena.AllocateInts(2 * rows);
        for (int t = 0; t < rows; t++)
        {
            ids[2 * t] = t * t % experts;
            ids[(2 * t) + 1] = (ids[2 * t] + 1 + (t % (experts - 1))) % experts;
        }

        return new Routing(ids, make.Random(rows, 2), experts);
    }

    /// <summary>BF16 rounds to 8 bits: sums of about a hundred such products stay within a few hundredths.</summary>
    private static void Near(Tensor expected, Tensor actual)
    {
        double error = 0;
        double size = 0;
        for (int r = 0; r < expected.Rows; r++)
        {
            for (int c = 0; c < expected.Columns; c++)
            {
                error += Math.Pow(expected[r][c] - actual[r][c], 2);
                size += Math.Pow(expected[r][c], 2);
            }
        }

        Assert.True(error <= 1e-4 * size, $"relative error {Math.Sqrt(error / size)}");
    }

    private static Tensor Rounded(Tensor x)
    {
        for (int r = 0; r < x.Rows; r++)
        {
            Round(x[r]);
        }

        return x;
    }

    private static Weight Rounded(Weight w)
    {
        if (w.Format == WeightFormat.F32)
        {
            Round(w.AsSpan());
        }

        return w;
    }

    private static void Round(Span<float> values)
    {
        foreach (ref float value in values)
        {
            value = BitConverter.UInt32BitsToSingle((uint)PortablePairs.Round(value) << 16);
        }
    }
}
