using System.Diagnostics;
using System.Runtime.Intrinsics;
using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Benchmarks;

/// <summary>
/// F32 products at training shapes, as shares of one core's FMA peak: forward with panels made once (cached) and made in every call (fresh, as one
/// training step does), gradients of inputs and of weights; and how much faster two threads are than one. Options: number of rounds, instruction set.
/// </summary>
internal static class MatMulBenchmark
{
    private static readonly (int T, int K, int N)[] s_shapes = [(2048, 256, 704), (2048, 704, 256), (512, 1536, 8960)];

    internal static void Run(string[] options)
    {
        int rounds = options.Length > 0 ? int.Parse(options[0]) : 15;
        InstructionSet set = options.Length > 1 ? Enum.Parse<InstructionSet>(options[1], ignoreCase: true) : InstructionSets.Default;
        switch (set)
        {
            case InstructionSet.Avx512 or InstructionSet.Jit:
                Run<Avx512, Vector512<float>>(rounds);
                break;
            case InstructionSet.Avx2:
                Run<Avx2, Vector256<float>>(rounds);
                break;
            case InstructionSet.Neon:
                Run<Neon, Vector128<float>>(rounds);
                break;
            default:
                Run<Scalar, float>(rounds);
                break;
        }
    }

    private static void Run<S, V>(int rounds)
        where S : struct, ISimd<V>
        where V : struct
    {
        using WorkerPool one = new(1);
        using WorkerPool two = new(2);
        Console.WriteLine($"F32 FMA peak: {MachinePeak.Measure() / 1e9:F1} GFLOP/s one core, {MachinePeak.Measure(two) / 1e9:F1} GFLOP/s two");
        Console.WriteLine($"vectors of {S.Lanes}, medians of {rounds} rounds");
        Console.WriteLine();
        Console.WriteLine("| T x K x N | product | GFLOP/s | of peak | in processor time | two threads |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach ((int t, int k, int n) in s_shapes)
        {
            Shape<S, V>(t, k, n, rounds, one, two);
        }
    }

    private static void Shape<S, V>(int t, int k, int n, int rounds, WorkerPool one, WorkerPool two)
        where S : struct, ISimd<V>
        where V : struct
    {
        using Arena arena = new();
        using Weight w = Weight.Create("w", n, k);
        Random random = new(1);
        foreach (ref float value in w.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        Tensor x = Fill(arena.Allocate(t, k), random);
        Tensor dy = Fill(arena.Allocate(t, n), random);
        Tensor y = arena.AllocateZeroed(t, n);
        Tensor dx = arena.AllocateZeroed(t, k);
        Tensor dw = arena.AllocateZeroed(n, k);
        (string Name, Action<WorkerPool> Run)[] products =
        [
            ("forward, cached", pool => Linear.Forward<S, V>(pool, x, w, null, y)),
            ("forward, fresh", pool =>
            {
                w.MarkChanged();
                Linear.Forward<S, V>(pool, x, w, null, y);
            }),
            ("dx", pool => Linear.BackwardInput<S, V>(pool, dy, w, dx, false)),
            ("dW", pool => Linear.BackwardWeight<S, V>(pool, dy, x, dw)),
        ];
        foreach ((string name, Action<WorkerPool> run) in products)
        {
            double operations = 2.0 * t * k * n;
            (double seconds, double share, double processorShare) = Peak.Measure(() => run(one), operations, rounds);
            double[] gains = new double[rounds];
            for (int i = 0; i < rounds; i++)
            {
                gains[i] = Seconds(() => run(one)) / Seconds(() => run(two));
            }

            Console.WriteLine($"| {t}x{k}x{n} | {name} | {operations / seconds / 1e9:F1} | {share:P1} | {processorShare:P1} | {Peak.Median(gains):F2}x |");
        }
    }

    private static Tensor Fill(Tensor tensor, Random random)
    {
        for (int r = 0; r < tensor.Rows; r++)
        {
            foreach (ref float value in tensor[r])
            {
                value = random.NextSingle() - 0.5f;
            }
        }

        return tensor;
    }

    private static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
