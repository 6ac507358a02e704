using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tests.Tensors.Kernels;

/// <summary>Products per head, both forms: every instruction set against the reference, and the bits of a row.</summary>
public sealed class HeadLinearTests
{
    public static TheoryData<InstructionSet> Sets => KernelCall.Sets;

    private static readonly (int T, int Heads, HeadRows Slice, int Columns)[] s_sizes =
        [(1, 3, new(40, 0, 24), 70), (1, 2, new(96, 32, 64), 160), (5, 1, new(33, 7, 26), 17), (70, 4, new(24, 16, 8), 48)];

    [Theory]
    [MemberData(nameof(Sets))]
    public void EqualsReference(InstructionSet set) => KernelCall.Run(set, new ReferenceCall());

    [Theory]
    [MemberData(nameof(Sets))]
    public void BitsOfARowDependOnNothingElse(InstructionSet set) => KernelCall.Run(set, new BitsCall());

    private readonly struct ReferenceCall : IKernelCall
    {
        public void Run<S, V>()
            where S : struct, ISimd<V>
            where V : struct
        {
            using WorkerPool pool = new(2);
            foreach ((int t, int heads, HeadRows slice, int columns) in s_sizes)
            {
                foreach (WeightFormat format in Matrices.PlainFormats)
                {
                    using Matrices make = new(t + columns);
                    Weight w = make.Weight(heads * slice.Step, columns, format);
                    foreach (bool transposed in (bool[])[false, true])
                    {
                        (int inputs, int outputs) = transposed ? (slice.Count, columns) : (columns, slice.Count);
                        (Tensor x, Tensor dy) = (make.Random(t, heads * inputs, 3), make.Random(t, heads * outputs, 2));
                        (Tensor y, Tensor dx, Tensor dw) = (make.Filled(t, heads * outputs, 1), make.Filled(t, heads * inputs), make.Random(w.Rows, columns));
                        (Tensor y2, Tensor dx2, Tensor dw2) = (make.Filled(t, heads * outputs), make.Filled(t, heads * inputs), make.Copy(dw));
                        HeadLinear.Forward<S, V>(pool, x, w, slice, heads, transposed, y);
                        HeadLinear.BackwardInput<S, V>(pool, dy, w, slice, heads, transposed, dx, accumulate: false);
                        HeadLinear.BackwardWeight<S, V>(pool, dy, x, slice, heads, transposed, dw);
                        HeadLinear.Reference(x, w, slice, heads, transposed, y2);
                        HeadLinear.ReferenceBackward(dy, x, w, slice, heads, transposed, dx2, dw2);
                        Matrices.Close(y2, y);
                        Matrices.Close(dx2, dx);
                        Matrices.Close(dw2, dw);
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
            using Matrices make = new(9);
            (int t, int heads, HeadRows slice, int columns) = (37, 3, new HeadRows(40, 8, 32), 130);
            foreach (WeightFormat format in Matrices.PlainFormats)
            {
                Weight w = make.Weight(heads * slice.Step, columns, format);
                foreach (bool transposed in (bool[])[false, true])
                {
                    (int inputs, int outputs) = transposed ? (slice.Count, columns) : (columns, slice.Count);
                    Tensor x = make.Random(t, heads * inputs);
                    Tensor expected = make.Filled(t, heads * outputs);
                    for (int threads = 1; threads <= 3; threads++)
                    {
                        using WorkerPool pool = new(threads);
                        foreach (int chunk in (int[])[t, 1, 2, 7])
                        {
                            Tensor y = make.Filled(t, heads * outputs);
                            for (int row = 0; row < t; row += chunk)
                            {
                                int rows = Math.Min(chunk, t - row);
                                HeadLinear.Forward<S, V>(pool, x.SliceRows(row, rows), w, slice, heads, transposed, y.SliceRows(row, rows));
                            }

                            if (threads == 1 && chunk == t)
                            {
                                expected = y;
                            }

                            Matrices.Same(expected, y);
                        }
                    }
                }
            }
        }
    }
}
