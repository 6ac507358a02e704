using Razum.Tensors;
using Razum.Tensors.Formats;
using Razum.Tensors.Kernels;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>
/// Products with weights in block formats, for every format and instruction set: exact for the rounded operands, near those of the dequantised weights, the
/// same bits in all sets and for any company; their gradients; and what is remembered of rounded activations.
/// </summary>
public sealed unsafe class BlockProductTests
{
    public static TheoryData<InstructionSet> Sets => KernelCall.Sets;

    private static readonly (int T, int Blocks, int N)[] s_sizes = [(1, 1, 1), (1, 3, 96), (2, 1, 33), (3, 2, 31), (7, 4, 64), (13, 5, 100), (27, 3, 47), (50, 2, 40)];

    [Theory]
    [MemberData(nameof(Sets))]
    public void ForwardEqualsTheRoundedOperands(InstructionSet set) => KernelCall.Run(set, new ForwardCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void AllSetsGiveTheBitsOfTheScalarCode(InstructionSet set) => KernelCall.Run(set, new SameInAllSetsCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void BitsOfARowDependOnNothingElse(InstructionSet set) => KernelCall.Run(set, new BitsCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void GradientsUseTheDequantisedValues(InstructionSet set) => KernelCall.Run(set, new BackwardCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void HeadsEqualTheirReferences(InstructionSet set) => KernelCall.Run(set, new HeadsCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void WhatIsNotFiniteIsSeen(InstructionSet set) => KernelCall.Run(set, new NotFiniteCall());

    [Fact]
    public void RoundedActivationsAreUsedAgainOnlyForTheSameValues()
    {
        using CpuOps ops = new(1);
        using CpuOps fresh = new(1);
        using Matrices make = new(1);
        Weight a = make.Weight(32, 64, WeightFormat.Q8_0);
        Weight b = make.Weight(40, 64, WeightFormat.Q8_0);
        Weight plain = make.Weight(8, 64);
        for (int round = 0; round < 3; round++)
        {
            // The same address in every round, other values.
            ops.Arena.Reset();
            Tensor x = ops.Arena.Allocate(3, 64);
            new Span<float>(x.Data, 3 * 64).Fill(round + 1);
            Check(x, plain);
            Check(x, a);
            Check(x, plain);
            Check(x, b);
            ops.Rope(x, new RopeTable(64, 10000, RopeLayout.Half, null), [1, 2, 3], 64, 0);
            Check(x, b);
            ops.Add(x, x);
            Check(x, a);
        }

        void Check(Tensor x, Weight w)
        {
            fresh.Arena.Reset();
            Tensor copy = fresh.Arena.Allocate(x.Rows, x.Columns);
            for (int r = 0; r < x.Rows; r++)
            {
                x[r].CopyTo(copy[r]);
            }

            Assert.Equal(fresh.Linear(copy, w).ToArray(), ops.Linear(x, w).ToArray());
        }
    }

    [Fact]
    public void AQuantisedWeightEqualsItsBlocks()
    {
        using WorkerPool pool = new(2);
        foreach (WeightFormat format in Matrices.TiledFormats)
        {
            using Matrices make = new(2);
            Weight source = make.Weight(70, 3 * format.BlockSize(), WeightFormat.BF16);
            using Weight quantised = Weight.Quantize(source, format, pool);
            float[] before = source.ToArray();
            float[] after = quantised.ToArray();
            double error = before.Zip(after).Sum(p => Math.Pow(p.First - p.Second, 2)) / before.Sum(v => Math.Pow(v, 2));
            double bits = 8.0 * BlockFormat.Of(format)!.Bytes / format.BlockSize();
            Assert.True(error > 0 && error < 10 * Math.Pow(4, -bits), $"{format}: {error}"); // a bit more, a quarter of the error
            using Weight again = Weight.Quantize(quantised, format, pool);
            Assert.Equal(70, again.Rows);
            Assert.Equal(format, again.Format);
            Assert.True(quantised.StoredBytes >= quantised.Count / format.BlockSize() * BlockFormat.Of(format)!.Bytes);
        }
    }

    [Fact]
    public void OtherColumnsThanWholeBlocksAreRefused()
    {
        using WorkerPool pool = new(1);
        using Matrices make = new(2);
        ArgumentException fault = Assert.Throws<ArgumentException>(() => Weight.Quantize(make.Weight(4, 48), WeightFormat.Q8_0, pool));
        Assert.StartsWith("w: 48 columns are not blocks of 32", fault.Message);
        Assert.Throws<ArgumentException>(() => Weight.Quantize(make.Weight(4, 64), WeightFormat.BF16, pool));
    }

    /// <summary>x as its rounded blocks say.</summary>
    private static Tensor Rounded(Matrices make, Tensor x)
    {
        using WorkerPool pool = new(1);
        Tensor copy = make.Copy(x);
        ActivationBlock* blocks = QuantisedRows.OfThread.Fill<Scalar, float>(pool, x);
        for (int r = 0; r < x.Rows; r++)
        {
            for (int c = 0; c < x.Columns; c++)
            {
                ActivationBlock* block = blocks + (((r * x.Columns) + c) / ActivationBlock.Size);
                copy[r][c] = block->Scale * block->Values[c % ActivationBlock.Size];
            }
        }

        return copy;
    }

    private readonly struct ForwardCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using WorkerPool pool = new(2);
            foreach (WeightFormat format in Matrices.TiledFormats)
            {
                foreach ((int t, int count, int n) in s_sizes)
                {
                    using Matrices make = new(t + n);
                    int k = count * format.BlockSize();
                    Weight w = make.Weight(n, k, format);
                    Weight? bias = n % 2 == 0 ? make.Weight(1, n) : null;
                    Tensor x = make.Random(t, k, 3);
                    (Tensor y, Tensor exact, Tensor near) = (make.Filled(t, n, 5), make.Filled(t, n), make.Filled(t, n));
                    Linear.Forward<S, V>(pool, x, w, bias, y);
                    Linear.Reference(Rounded(make, x), w, bias, exact);
                    Matrices.Close(exact, y, 3e-5f);

                    // Rounding x to 8 bits: each of k terms is off by at most 1/254 of its block's largest, independently.
                    Linear.Reference(x, w, bias, near);
                    Matrices.Close(near, y, 0.01f * MathF.Sqrt(k));
                }
            }
        }
    }

    private readonly struct SameInAllSetsCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using WorkerPool pool = new(1);
            foreach (WeightFormat format in Matrices.TiledFormats)
            {
                foreach ((int t, int count, int n) in s_sizes)
                {
                    using Matrices make = new(t + n);
                    int k = count * format.BlockSize();
                    Weight w = make.Weight(n, k, format);
                    Tensor x = make.Random(t, k);
                    x[t - 1].Slice(0, 32).Clear();
                    (Tensor y, Tensor expected) = (make.Filled(t, n), make.Filled(t, n));
                    Linear.Forward<Scalar, float>(pool, x, w, null, expected);
                    Linear.Forward<S, V>(pool, x, w, null, y);
                    Matrices.Same(expected, y);
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
            foreach (WeightFormat format in Matrices.TiledFormats)
            {
                using Matrices make = new(7);
                (int t, int k, int n) = (41, 5 * 256, 145);
                Weight w = make.Weight(n, k, format);
                Weight bias = make.Weight(1, n);
                (Tensor x, Tensor dy) = (make.Random(t, k), make.Random(t, n));
                (Tensor y, Tensor dx) = (make.Filled(t, n), make.Filled(t, k));
                using (WorkerPool one = new(1))
                {
                    Linear.Forward<S, V>(one, x, w, bias, y);
                    Linear.BackwardInput<S, V>(one, dy, w, dx, accumulate: false);
                }

                for (int threads = 1; threads <= 3; threads++)
                {
                    using WorkerPool pool = new(threads);
                    foreach (int chunk in (int[])[1, 2, 3, 5, 7, 8, 17, t])
                    {
                        (Tensor y2, Tensor dx2) = (make.Filled(t, n), make.Filled(t, k, 7));
                        for (int row = 0; row < t; row += chunk)
                        {
                            int rows = Math.Min(chunk, t - row);
                            Linear.Forward<S, V>(pool, x.SliceRows(row, rows), w, bias, y2.SliceRows(row, rows));
                            Linear.BackwardInput<S, V>(pool, dy.SliceRows(row, rows), w, dx2.SliceRows(row, rows), accumulate: false);
                        }

                        Matrices.Same(y, y2);
                        Matrices.Same(dx, dx2);
                    }
                }
            }
        }
    }

    private readonly struct BackwardCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using WorkerPool pool = new(2);
            foreach (WeightFormat format in Matrices.TiledFormats)
            {
                foreach ((int t, int count, int n) in s_sizes)
                {
                    using Matrices make = new(t + n);
                    int k = count * format.BlockSize();
                    Weight w = make.Weight(n, k, format);
                    Tensor dy = make.Random(t, n, 1);
                    Tensor dx = make.Filled(t, k, 2);
                    Tensor expected = make.Filled(t, k);
                    Linear.ReferenceBackward(dy, default, w, expected, default, default);
                    Linear.BackwardInput<S, V>(pool, dy, w, dx, accumulate: false);
                    Matrices.Close(expected, dx);
                }
            }
        }
    }

    private readonly struct HeadsCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using WorkerPool pool = new(2);
            foreach (WeightFormat format in Matrices.TiledFormats)
            {
                foreach ((int t, int heads, HeadRows slice) in ((int, int, HeadRows)[])[(1, 3, new(40, 0, 24)), (5, 2, new(96, 32, 64)), (30, 2, new(33, 7, 26))])
                {
                    using Matrices make = new(t);
                    int columns = format.BlockSize();
                    Weight w = make.Weight(heads * slice.Step, columns, format);
                    foreach (bool transposed in (bool[])[false, true])
                    {
                        (int inputs, int outputs) = transposed ? (slice.Count, columns) : (columns, slice.Count);
                        (Tensor x, Tensor dy) = (make.Random(t, heads * inputs), make.Random(t, heads * outputs, 2));
                        (Tensor y, Tensor dx) = (make.Filled(t, heads * outputs, 1), make.Zeros(t, heads * inputs));
                        (Tensor y2, Tensor dx2) = (make.Filled(t, heads * outputs), make.Filled(t, heads * inputs));
                        HeadLinear.Forward<S, V>(pool, x, w, slice, heads, transposed, y);
                        HeadLinear.BackwardInput<S, V>(pool, dy, w, slice, heads, transposed, dx, accumulate: true);
                        HeadLinear.Reference(transposed ? x : Rounded(make, x), w, slice, heads, transposed, y2);
                        HeadLinear.ReferenceBackward(dy, x, w, slice, heads, transposed, dx2, make.Zeros(w.Rows, columns));
                        Matrices.Close(y2, y, 3e-5f);
                        Matrices.Close(dx2, dx);
                    }
                }
            }
        }
    }

    private readonly struct NotFiniteCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using WorkerPool pool = new(1);
            foreach (WeightFormat format in Matrices.TiledFormats)
            {
                foreach (float value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
                {
                    using Matrices make = new(3);
                    Weight w = make.Weight(33, 2 * format.BlockSize(), format);
                    Tensor x = make.Random(2, w.Columns);
                    Tensor y = make.Zeros(2, 33);
                    x[1][17] = value;
                    Linear.Forward<S, V>(pool, x, w, null, y);
                    Assert.All(y[0].ToArray(), v => Assert.True(float.IsFinite(v)));
                    Assert.All(y[1].ToArray(), v => Assert.False(float.IsFinite(v)));
                }
            }
        }
    }
}
