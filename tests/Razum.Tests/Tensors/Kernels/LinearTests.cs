using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Products with weights: every instruction set against the reference, odd sizes, strided views, F32 and BF16, and the bits of a row.</summary>
public sealed class LinearTests
{
    public static TheoryData<InstructionSet> Sets => KernelCall.Sets;

    private static readonly (int T, int K, int N)[] s_sizes =
        [(1, 1, 1), (1, 64, 96), (2, 7, 33), (3, 130, 31), (5, 16, 16), (13, 65, 100), (27, 600, 47), (101, 33, 130), (250, 40, 300)];

    [Theory]
    [MemberData(nameof(Sets))]
    public void ForwardEqualsReference(InstructionSet set) => KernelCall.Run(set, new ForwardCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void BackwardEqualsReference(InstructionSet set) => KernelCall.Run(set, new BackwardCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void BitsOfARowDependOnNothingElse(InstructionSet set) => KernelCall.Run(set, new BitsCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void ChangedWeightsArePackedAgain(InstructionSet set) => KernelCall.Run(set, new VersionCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void TwoBatchesAddUpLikeOne(InstructionSet set) => KernelCall.Run(set, new AccumulateCall());

    [Fact]
    public void WrongShapesAreNamed()
    {
        using Matrices make = new(1);
        using WorkerPool pool = new(1);
        Weight w = make.Weight(4, 5);
        Assert.Throws<ArgumentException>(() => Linear.Forward<Scalar, float>(pool, make.Random(2, 4), w, null, make.Random(2, 4)));
        Assert.Throws<ArgumentException>(() => Linear.Forward<Scalar, float>(pool, make.Random(2, 5), w, make.Weight(1, 3), make.Random(2, 4)));
    }

    private readonly struct ForwardCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using WorkerPool pool = new(2);
            foreach ((int t, int k, int n) in s_sizes)
            {
                foreach (WeightFormat format in Matrices.PlainFormats)
                {
                    using Matrices make = new(t + n);
                    Weight w = make.Weight(n, k, format);
                    Weight? bias = n % 2 == 0 ? make.Weight(1, n, format) : null;
                    Tensor x = make.Random(t, k, 3);
                    Tensor y = make.Filled(t, n, 5);
                    Tensor expected = make.Filled(t, n);
                    Linear.Forward<S, V>(pool, x, w, bias, y);
                    Linear.Reference(x, w, bias, expected);
                    Matrices.Close(expected, y);
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
            foreach ((int t, int k, int n) in s_sizes)
            {
                foreach (WeightFormat format in Matrices.PlainFormats)
                {
                    using Matrices make = new(t + n);
                    Weight w = make.Weight(n, k, format);
                    Tensor x = make.Random(t, k, 3);
                    Tensor dy = make.Random(t, n, 1);
                    Tensor dx = make.Filled(t, k, 2);
                    Tensor dw = make.Random(n, k);
                    Tensor db = make.Random(1, n);
                    (Tensor expectedX, Tensor expectedW, Tensor expectedB) = (make.Filled(t, k), make.Copy(dw), make.Copy(db));
                    Linear.ReferenceBackward(dy, x, w, expectedX, expectedW, expectedB);
                    Linear.BackwardInput<S, V>(pool, dy, w, dx, accumulate: false);
                    Linear.BackwardWeight<S, V>(pool, dy, x, dw);
                    Linear.BackwardBias<S, V>(pool, dy, db);
                    Matrices.Close(expectedX, dx);
                    Matrices.Close(expectedW, dw);
                    Matrices.Close(expectedB, db);

                    Linear.BackwardInput<S, V>(pool, dy, w, dx, accumulate: true);
                    foreach (ref float value in expectedX.Reshape(1, t * k)[0])
                    {
                        value *= 2;
                    }

                    Matrices.Close(expectedX, dx, 4e-5f);
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
            foreach (WeightFormat format in Matrices.PlainFormats)
            {
                using Matrices make = new(7);
                (int t, int k, int n) = (211, 1100, 145);
                Weight w = make.Weight(n, k, format);
                Weight bias = make.Weight(1, n);
                Tensor x = make.Random(t, k);
                Tensor dy = make.Random(t, n);
                (Tensor y, Tensor dx, Tensor dw) = (make.Filled(t, n), make.Filled(t, k), make.Zeros(n, k));
                using (WorkerPool one = new(1))
                {
                    Linear.Forward<S, V>(one, x, w, bias, y);
                    Linear.BackwardInput<S, V>(one, dy, w, dx, accumulate: false);
                    Linear.BackwardWeight<S, V>(one, dy, x, dw);
                }

                for (int threads = 1; threads <= 3; threads++)
                {
                    using WorkerPool pool = new(threads);
                    foreach (int chunk in (int[])[1, 2, 3, 5, 17, 100, t])
                    {
                        (Tensor y2, Tensor dx2, Tensor dw2) = (make.Filled(t, n), make.Filled(t, k, 7), make.Zeros(n, k));
                        for (int row = 0; row < t; row += chunk)
                        {
                            int rows = Math.Min(chunk, t - row);
                            Linear.Forward<S, V>(pool, x.SliceRows(row, rows), w, bias, y2.SliceRows(row, rows));
                            Linear.BackwardInput<S, V>(pool, dy.SliceRows(row, rows), w, dx2.SliceRows(row, rows), accumulate: false);
                        }

                        Linear.BackwardWeight<S, V>(pool, dy, x, dw2);
                        Matrices.Same(y, y2);
                        Matrices.Same(dx, dx2);
                        Matrices.Same(dw, dw2);
                    }
                }
            }
        }
    }

    private readonly struct VersionCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using Matrices make = new(3);
            using WorkerPool pool = new(2);
            Weight w = make.Weight(40, 20);
            Tensor x = make.Random(3, 20);
            (Tensor y, Tensor expected) = (make.Filled(3, 40), make.Filled(3, 40));
            Linear.Forward<S, V>(pool, x, w, null, y);
            w.AsSpan()[5] = 100;
            w.MarkChanged();
            Linear.Forward<S, V>(pool, x, w, null, y);
            Linear.Reference(x, w, null, expected);
            Matrices.Close(expected, y);
        }
    }

    private readonly struct AccumulateCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using Matrices make = new(4);
            using WorkerPool pool = new(2);
            (Tensor x, Tensor dy) = (make.Random(90, 50), make.Random(90, 70));
            (Tensor once, Tensor twice) = (make.Zeros(70, 50), make.Zeros(70, 50));
            Linear.BackwardWeight<S, V>(pool, dy, x, once);
            Linear.BackwardWeight<S, V>(pool, dy.SliceRows(0, 41), x.SliceRows(0, 41), twice);
            Linear.BackwardWeight<S, V>(pool, dy.SliceRows(41, 49), x.SliceRows(41, 49), twice);
            Matrices.Same(once, twice);
        }
    }
}
