using System.Diagnostics;
using Razum.Tensors;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Benchmarks;

/// <summary>
/// Products at training shapes, as shares of one core's peak in the same arithmetic: forward with panels made once (cached) and made in every call (fresh, as one
/// training step does), gradients of inputs, of weights, and of both; and how much faster two threads are than one. Options: number of rounds, instruction set.
/// </summary>
internal static class MatMulBenchmark
{
    private static readonly (int T, int K, int N)[] s_shapes = [(2048, 256, 704), (2048, 704, 256), (512, 1536, 8960)];

    internal static void Run(string[] options)
    {
        int rounds = options.Length > 0 ? int.Parse(options[0]) : 15;
        InstructionSet set = options.Length > 1 ? Enum.Parse<InstructionSet>(options[1], ignoreCase: true) : InstructionSets.Default;
        using WorkerPool one = new(1);
        using WorkerPool two = new(2);
        Console.WriteLine($"instruction set {set}, medians of {rounds} rounds");
        foreach (Arithmetic arithmetic in Peak.Measured)
        {
            Func<double, double> peak = MachinePeak.Of(arithmetic);
            Console.WriteLine();
            Console.WriteLine($"{arithmetic} peak: {peak(50) / 1e9:F1} GFLOP/s one core, {MachinePeak.Measure(two, 50, peak) / 1e9:F1} GFLOP/s two");
            Console.WriteLine();
            Console.WriteLine("| T x K x N | product | GFLOP/s | of peak | in processor time | two threads |");
            Console.WriteLine("|---|---|---|---|---|---|");
            foreach ((int t, int k, int n) in s_shapes)
            {
                Shape(t, k, n, rounds, KernelTable.Create(set, one, arithmetic), KernelTable.Create(set, two, arithmetic), peak);
            }
        }
    }

    private static void Shape(int t, int k, int n, int rounds, KernelTable one, KernelTable two, Func<double, double> peak)
    {
        using Arena arena = new();
        using Weight w = Weight.Create("w", n, k);
        Random random = new(1);
        foreach (ref float value in w.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        Tensor x = Operands.Fill(arena.Allocate(t, k), random);
        Tensor dy = Operands.Fill(arena.Allocate(t, n), random);
        Tensor y = arena.AllocateZeroed(t, n);
        Tensor dx = arena.AllocateZeroed(t, k);
        Tensor dw = arena.AllocateZeroed(n, k);
        (string Name, int Products, Action<KernelTable> Run)[] products =
        [
            ("forward, cached", 1, kernels => kernels.Linear(x, w, null, y)),
            ("forward, fresh", 1, kernels =>
            {
                w.MarkChanged();
                kernels.Linear(x, w, null, y);
            }),
            ("dx", 1, kernels => kernels.LinearBackwardInput(dy, w, dx, false)),
            ("dW", 1, kernels => kernels.LinearBackwardWeight(dy, x, dw)),
            ("dx and dW", 2, kernels => kernels.LinearBackward(dy, x, w, dx, false, dw)),
        ];
        foreach ((string name, int count, Action<KernelTable> run) in products)
        {
            double operations = 2.0 * t * k * n * count;
            (double seconds, double share, double processorShare) = Peak.Measure(() => run(one), operations, rounds, peak);
            double[] gains = new double[rounds];
            for (int i = 0; i < rounds; i++)
            {
                gains[i] = Peak.Seconds(() => run(one)) / Peak.Seconds(() => run(two));
            }

            Console.WriteLine($"| {t}x{k}x{n} | {name} | {operations / seconds / 1e9:F1} | {share:P1} | {processorShare:P1} | {Peak.Median(gains):F2}x |");
        }
    }
}
