using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Experts in block formats, also two formats in one mixture: near the reference, the same bits for any company, exact gradients of x.</summary>
public sealed unsafe class BlockExpertsTests
{
    private const int Slots = 2;

    public static TheoryData<InstructionSet> Sets => KernelCall.Sets;

    [Theory]
    [MemberData(nameof(Sets))]
    public void RowsAreNearTheReferenceAndDependOnNothingElse(InstructionSet set) => KernelCall.Run(set, new ForwardCall());

    private static Routing Route(Matrices make, int t, int experts)
    {
        int* ids = make.Arena.AllocateInts(t * Slots);
        for (int i = 0; i < t; i++)
        {
            (ids[2 * i], ids[(2 * i) + 1]) = (i % (experts - 1), experts - 1);
        }

        return new Routing(ids, make.Random(t, Slots), experts);
    }

    private readonly struct ForwardCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            foreach (WeightFormat format in Matrices.TiledFormats)
            {
                // Down has columns that only the smaller blocks fit.
                using Matrices make = new(5);
                (int t, int d, int inner, int experts) = (23, 256, 96, 4);
                Weight[] Create(int rows, int columns, WeightFormat f) => [.. Enumerable.Range(0, experts).Select(_ => make.Weight(rows, columns, f))];
                ExpertWeights weights = new(Create(inner, d, format), Create(inner, d, format), Create(d, inner, WeightFormat.Q8_0));
                Routing routing = Route(make, t, experts);
                (Tensor x, Tensor dy) = (make.Random(t, d), make.Random(t, d));
                (Tensor y, Tensor dx, Tensor expected) = (make.Filled(t, d), make.Zeros(t, d), make.Filled(t, d));
                using (WorkerPool one = new(1))
                {
                    Experts.Forward<S, V>(one, make.Arena, x, routing, weights, y, out ExpertActivations saved);
                    Experts.Backward<S, V>(one, make.Arena, dy, x, routing, weights, saved, dx, default);
                }

                Experts.Reference(x, routing, weights, expected);
                double error = 0, size = 0;
                for (int r = 0; r < t; r++)
                {
                    for (int c = 0; c < d; c++)
                    {
                        error += Math.Pow(y[r][c] - expected[r][c], 2);
                        size += Math.Pow(expected[r][c], 2);
                    }
                }

                Assert.True(error > 0 && error < 4e-4 * size, $"{format}: {Math.Sqrt(error / size)}");
                foreach (int chunk in (int[])[1, 4, 9, t])
                {
                    using WorkerPool pool = new(1 + (chunk % 3));
                    (Tensor y2, Tensor dx2) = (make.Filled(t, d), make.Zeros(t, d));
                    for (int row = 0; row < t; row += chunk)
                    {
                        int rows = Math.Min(chunk, t - row);
                        Routing part = new(routing.Ids + (row * Slots), routing.Weights.SliceRows(row, rows), experts);
                        Experts.Forward<S, V>(pool, make.Arena, x.SliceRows(row, rows), part, weights, y2.SliceRows(row, rows), out ExpertActivations saved);
                        Experts.Backward<S, V>(
                            pool, make.Arena, dy.SliceRows(row, rows), x.SliceRows(row, rows), part, weights, saved, dx2.SliceRows(row, rows), default);
                    }

                    Matrices.Same(y, y2);
                    Matrices.Same(dx, dx2);
                }
            }
        }
    }
}
