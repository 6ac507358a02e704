using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Experts: every instruction set against the reference, gradients against differences, the bits of a row, and allocations.</summary>
public sealed class ExpertsTests
{
    public static TheoryData<InstructionSet> Sets => KernelCall.Sets;

    [Theory]
    [MemberData(nameof(Sets))]
    public void EqualsReference(InstructionSet set) => KernelCall.Run(set, new ReferenceCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void BitsOfARowDependOnNothingElse(InstructionSet set) => KernelCall.Run(set, new BitsCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void DecodingAllocatesNothing(InstructionSet set) => KernelCall.Run(set, new AllocationCall());

    [Fact]
    public void GradientsEqualDifferences()
    {
        using Matrices make = new(11);
        (int t, int d, int inner, int experts, int slots) = (4, 5, 3, 4, 2);
        Problem problem = new(make, t, d, inner, experts, slots, WeightFormat.F32, gradients: true);
        (Tensor dx, Tensor dRouting) = (make.Zeros(t, d), make.Zeros(t, slots));
        Experts.ReferenceBackward(problem.Dy, problem.X, problem.Routing, problem.Experts, dx, dRouting);
        for (int r = 0; r < t; r++)
        {
            for (int c = 0; c < d; c++)
            {
                Assert.Equal(problem.Slope(ref problem.X[r][c]), dx[r][c], 3e-4);
            }

            for (int k = 0; k < slots; k++)
            {
                Assert.Equal(problem.Slope(ref problem.Routing.Weights[r][k]), dRouting[r][k], 3e-4);
            }
        }

        foreach (Weight w in (Weight[])[.. problem.Experts.Gate, .. problem.Experts.Up, .. problem.Experts.Down])
        {
            for (int i = 0; i < w.Count; i++)
            {
                Assert.Equal(problem.Slope(ref w.AsSpan()[i]), w.Gradient!.Value[i / w.Columns][i % w.Columns], 3e-4);
            }
        }
    }

    /// <summary>Random experts and rows routed to ascending random experts; the last expert is never chosen.</summary>
    private sealed unsafe class Problem
    {
        public Problem(Matrices make, int t, int d, int inner, int experts, int slots, WeightFormat format, bool gradients)
        {
            Weight[] Create(int rows, int columns) => [.. Enumerable.Range(0, experts).Select(_ => make.Weight(rows, columns, format, gradients))];
            Experts = new ExpertWeights(Create(inner, d), Create(inner, d), Create(d, inner));
            X = make.Random(t, d, 3);
            Dy = make.Random(t, d, 2);
            int* ids = make.Arena.AllocateInts(t * slots);
            Random random = new(t + d);
            for (int row = 0; row < t; row++)
            {
                int[] chosen = [.. Enumerable.Range(0, experts - 1).OrderBy(_ => random.Next()).Take(slots).Order()];
                chosen.CopyTo(new Span<int>(ids + (row * slots), slots));
            }

            Routing = new Routing(ids, make.Random(t, slots), experts);
            Output = make.Zeros(t, d);
        }

        public ExpertWeights Experts { get; }

        public Tensor X { get; }

        public Tensor Dy { get; }

        public Routing Routing { get; }

        private Tensor Output { get; }

        public Routing Rows(int from, int count) =>
            new(Routing.Ids + (from * Routing.TopK), Routing.Weights.SliceRows(from, count), Routing.Experts);

        /// <summary>d(y . dy) / d(value) by central differences.</summary>
        public double Slope(ref float value)
        {
            const float Step = 1f / 64;
            float old = value;
            value = old + Step;
            double above = Loss();
            value = old - Step;
            double below = Loss();
            value = old;
            return (above - below) / (2 * Step);
        }

        private double Loss()
        {
            Razum.Tensors.Kernels.Experts.Reference(X, Routing, Experts, Output);
            double sum = 0;
            for (int r = 0; r < Output.Rows; r++)
            {
                for (int c = 0; c < Output.Columns; c++)
                {
                    sum += (double)Output[r][c] * Dy[r][c];
                }
            }

            return sum;
        }
    }

    private readonly struct ReferenceCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using WorkerPool pool = new(2);
            foreach ((int t, int d, int inner, int experts, int slots) in
                ((int, int, int, int, int)[])[(1, 33, 20, 5, 3), (7, 40, 64, 9, 2), (60, 70, 33, 5, 4), (500, 16, 40, 3, 2)])
            {
                foreach (WeightFormat format in Matrices.PlainFormats)
                {
                    using Matrices make = new(t);
                    Problem problem = new(make, t, d, inner, experts, slots, format, gradients: true);
                    (Tensor y, Tensor expected) = (make.Filled(t, d, 4), make.Filled(t, d));
                    Experts.Forward<S, V>(pool, make.Arena, problem.X, problem.Routing, problem.Experts, y, out ExpertActivations saved);
                    Experts.Reference(problem.X, problem.Routing, problem.Experts, expected);
                    Matrices.Close(expected, y, 1e-4f);

                    (Tensor dx, Tensor dRouting) = (make.Zeros(t, d), make.Zeros(t, slots));
                    Experts.Backward<S, V>(pool, make.Arena, problem.Dy, problem.X, problem.Routing, problem.Experts, saved, dx, dRouting);
                    Weight[] all = [.. problem.Experts.Gate, .. problem.Experts.Up, .. problem.Experts.Down];
                    Tensor[] gradients = [.. all.Select(w => make.Copy(w.Gradient!.Value))];
                    foreach (Weight w in all)
                    {
                        for (int r = 0; r < w.Rows; r++)
                        {
                            w.Gradient!.Value[r].Clear();
                        }
                    }

                    (Tensor expectedX, Tensor expectedRouting) = (make.Zeros(t, d), make.Zeros(t, slots));
                    Experts.ReferenceBackward(problem.Dy, problem.X, problem.Routing, problem.Experts, expectedX, expectedRouting);
                    Matrices.Close(expectedX, dx, 1e-4f);
                    Matrices.Close(expectedRouting, dRouting, 1e-4f);
                    for (int i = 0; i < all.Length; i++)
                    {
                        Matrices.Close(all[i].Gradient!.Value, gradients[i], 2e-4f);
                    }
                }
            }
        }
    }

    private readonly struct BitsCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using Matrices make = new(5);
            (int t, int d, int inner, int slots) = (61, 48, 70, 3);
            Problem problem = new(make, t, d, inner, 6, slots, WeightFormat.F32, gradients: true);
            Weight[] all = [.. problem.Experts.Gate, .. problem.Experts.Up, .. problem.Experts.Down];
            (Tensor y, Tensor dx, Tensor dRouting, Tensor[]? gradients) = (make.Filled(t, d), make.Zeros(t, d), make.Zeros(t, slots), null);
            for (int threads = 1; threads <= 3; threads++)
            {
                using WorkerPool pool = new(threads);
                foreach (int chunk in (int[])[t, 1, 2, 20])
                {
                    (Tensor y2, Tensor dx2, Tensor dRouting2) = (make.Filled(t, d), make.Zeros(t, d), make.Zeros(t, slots));
                    foreach (Weight w in all)
                    {
                        w.Gradient!.Value.Reshape(1, w.Rows * w.Columns)[0].Clear();
                    }

                    for (int row = 0; row < t; row += chunk)
                    {
                        int rows = Math.Min(chunk, t - row);
                        Tensor x = problem.X.SliceRows(row, rows);
                        Routing routing = problem.Rows(row, rows);
                        Experts.Forward<S, V>(pool, make.Arena, x, routing, problem.Experts, y2.SliceRows(row, rows), out ExpertActivations saved);
                        Experts.Backward<S, V>(
                            pool, make.Arena, problem.Dy.SliceRows(row, rows), x, routing, problem.Experts, saved,
                            dx2.SliceRows(row, rows), dRouting2.SliceRows(row, rows));
                    }

                    if (gradients is null)
                    {
                        (y, dx, dRouting, gradients) = (y2, dx2, dRouting2, [.. all.Select(w => make.Copy(w.Gradient!.Value))]);
                    }

                    Matrices.Same(y, y2);
                    Matrices.Same(dx, dx2);
                    Matrices.Same(dRouting, dRouting2);
                    for (int i = 0; i < all.Length; i++)
                    {
                        Matrices.Same(gradients[i], all[i].Gradient!.Value);
                    }
                }
            }
        }
    }

    private readonly struct AllocationCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using Matrices make = new(6);
            using WorkerPool pool = new(1);
            using Arena arena = new();
            Problem problem = new(make, 1, 32, 32, 4, 2, WeightFormat.F32, gradients: false);
            Tensor y = make.Zeros(1, 32);
            long before = 0;
            for (int i = 0; i < 100; i++)
            {
                if (i == 50)
                {
                    before = GC.GetAllocatedBytesForCurrentThread();
                }

                arena.Reset();
                Experts.Forward<S, V>(pool, arena, problem.X, problem.Routing, problem.Experts, y, out _);
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }
}
