using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Products that read a weight where it is stored give the bits of those that read a copy: every format, every instruction set, few rows and many.</summary>
public sealed unsafe class StoredBlocksTests
{
    /// <summary>One of every layout.</summary>
    private static readonly WeightFormat[] s_formats = [.. Matrices.PlainFormats, .. Matrices.TiledFormats, WeightFormat.Q2_K];

    public static TheoryData<InstructionSet> Sets => KernelCall.Sets;

    [Theory]
    [MemberData(nameof(Sets))]
    public void ProductsFromStoredValuesHaveTheBitsOfThoseFromCopies(InstructionSet set) => KernelCall.Run(set, new Call());

    private readonly struct Call : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            foreach (WeightFormat format in s_formats)
            {
                using Matrices make = new(3);
                (int outputs, int inputs, int heads) = (160, 256, 2);
                Weight w = make.Weight(outputs, inputs, format); // 80 rows a head: pieces begin inside a panel
                HeadRows slice = new(80, 16, 64);
                foreach (int rows in (int[])[1, 3, 40])
                {
                    using WorkerPool pool = new(1 + (rows % 2));
                    (Tensor x, Tensor wide, Tensor narrow) = (make.Random(rows, inputs), make.Random(rows, heads * inputs), make.Random(rows, heads * slice.Count));
                    Tensor[] copied = Products(false), stored = Products(true);
                    for (int i = 0; i < copied.Length; i++)
                    {
                        Matrices.Same(copied[i], stored[i]);
                    }

                    Assert.True(!w.StaysInPlace || w.Reading is WeightReading.Stored or WeightReading.Unpacked, format.ToString());

                    Tensor[] Products(bool inPlace)
                    {
                        w.StaysInPlace = inPlace;
                        Tensor[] results = [make.Filled(rows, outputs), make.Filled(rows, heads * slice.Count), make.Filled(rows, heads * inputs), make.Filled(rows, inputs)];
                        Linear.Forward<S, V>(pool, x, w, null, results[0]);
                        HeadLinear.Forward<S, V>(pool, wide, w, slice, heads, transposed: false, results[1]);
                        HeadLinear.Forward<S, V>(pool, narrow, w, slice, heads, transposed: true, results[2]);
                        Linear.BackwardInput<S, V>(pool, results[0], w, results[3], accumulate: false);
                        return results;
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void SoDoExperts(InstructionSet set) => KernelCall.Run(set, new ExpertsCall());

    private readonly struct ExpertsCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            foreach (WeightFormat format in s_formats)
            {
                using Matrices make = new(4);
                (int t, int d, int inner, int experts, int slots) = (9, 256, 256, 4, 2);
                Weight[] Create(int rows, int columns) => [.. Enumerable.Range(0, experts).Select(_ => make.Weight(rows, columns, format))];
                ExpertWeights weights = new(Create(inner, d), Create(inner, d), Create(d, inner));
                int* ids = make.Arena.AllocateInts(t * slots);
                for (int i = 0; i < t; i++)
                {
                    (ids[2 * i], ids[(2 * i) + 1]) = (i % (experts - 1), experts - 1);
                }

                Routing routing = new(ids, make.Random(t, slots), experts);
                (Tensor x, Tensor copied, Tensor stored) = (make.Random(t, d), make.Filled(t, d), make.Filled(t, d));
                using WorkerPool pool = new(2);
                Experts.Forward<S, V>(pool, make.Arena, x, routing, weights, copied, out _);
                foreach (Weight weight in weights.Gate.Concat(weights.Up).Concat(weights.Down))
                {
                    weight.StaysInPlace = true;
                }

                Experts.Forward<S, V>(pool, make.Arena, x, routing, weights, stored, out _);
                Matrices.Same(copied, stored);
            }
        }
    }
}
