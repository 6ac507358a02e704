using System.Diagnostics;
using System.Runtime.Intrinsics;
using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Machine;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Benchmarks;

/// <summary>
/// Products with weights in block formats. Many rows (512 x 1536 x 8960) as shares of the peak of <c>vpdpbusd</c>, and how much faster two threads are;
/// one row times a matrix larger than the last-level cache as a share of the read bandwidth of the same threads, one sequential stream each, counted by
/// the bytes of the tiles. Peaks are measured right before and after every run. Options: rounds, instruction set, "one" or "many" for one of the two, and
/// formats with commas between them.
/// </summary>
internal static class QuantisedBenchmark
{
    internal static void Run(string[] options)
    {
        int rounds = options.Length > 0 ? int.Parse(options[0]) : 11;
        InstructionSet set = options.Length > 1 ? Enum.Parse<InstructionSet>(options[1], ignoreCase: true) : InstructionSets.Default;
        string kinds = options.Length > 2 ? options[2] : "both";
        WeightFormat[] formats = options.Length > 3
            ? [.. options[3].Split(',').Select(Enum.Parse<WeightFormat>)]
            : [.. WeightFormats.Quantised.Where(f => f.MultipliesBytes())];
        Console.WriteLine($"instruction set {set}, medians of {rounds} rounds");
        switch (set)
        {
            case InstructionSet.Jit:
                Run<Avx512Jit, Vector512<float>>(rounds, kinds, formats);
                break;
            case InstructionSet.Avx512:
                Run<Avx512, Vector512<float>>(rounds, kinds, formats);
                break;
            case InstructionSet.Avx2:
                Run<Avx2, Vector256<float>>(rounds, kinds, formats);
                break;
            case InstructionSet.Neon:
                Run<Neon, Vector128<float>>(rounds, kinds, formats);
                break;
            default:
                Run<Scalar, float>(rounds, kinds, formats);
                break;
        }
    }

    private static void Run<S, V>(int rounds, string kinds, WeightFormat[] formats)
        where S : struct, ISimd<V>
        where V : struct
    {
        using WorkerPool one = new(1);
        using WorkerPool two = new(2);
        if (kinds != "one")
        {
            ManyRows<S, V>(rounds, formats, one, two);
        }

        if (kinds == "many")
        {
            return;
        }

        Console.WriteLine();
        Console.WriteLine("| format | K x N | threads | GB/s | of bandwidth |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (WeightFormat format in formats)
        {
            OneRow<S, V>(format, 8960, 30720, rounds, one);
            OneRow<S, V>(format, 8960, 30720, rounds, two);
            OneRow<S, V>(format, 1536, 151936, rounds, two);
        }
    }

    private static void ManyRows<S, V>(int rounds, WeightFormat[] formats, WorkerPool one, WorkerPool two)
        where S : struct, ISimd<V>
        where V : struct
    {
        Console.WriteLine($"vpdpbusd peak: {MachinePeak.MeasureInt8() / 1e9:F0} GOP/s one core, " +
            $"{MachinePeak.Measure(two, 50, MachinePeak.MeasureInt8) / 1e9:F0} two");
        Console.WriteLine();
        Console.WriteLine("| format | T x K x N | GOP/s | of peak | two threads |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (WeightFormat format in formats)
        {
            foreach (int rows in (int[])[512, 64, 24, 16])
            {
                ManyRows<S, V>(format, rows, 1536, 8960, rounds, one, two);
            }
        }
    }

    private static void ManyRows<S, V>(WeightFormat format, int t, int k, int n, int rounds, WorkerPool one, WorkerPool two)
        where S : struct, ISimd<V>
        where V : struct
    {
        using Arena arena = new();
        using Weight w = Random(format, n, k, two);
        Tensor x = Operands.Fill(arena.Allocate(t, k), new Random(2));
        Tensor y = arena.AllocateZeroed(t, n);
        double operations = 2.0 * t * k * n;
        double[] shares = new double[rounds], seconds = new double[rounds], gains = new double[rounds];
        Linear.Forward<S, V>(one, x, w, null, y);
        for (int i = 0; i < rounds; i++)
        {
            double peak = MachinePeak.MeasureInt8(5);
            seconds[i] = Peak.Seconds(() => Linear.Forward<S, V>(one, x, w, null, y));
            peak = (peak + MachinePeak.MeasureInt8(5)) / 2;
            shares[i] = operations / seconds[i] / peak;
            gains[i] = Peak.Seconds(() => Linear.Forward<S, V>(one, x, w, null, y)) / Peak.Seconds(() => Linear.Forward<S, V>(two, x, w, null, y));
        }

        Console.WriteLine($"| {format} | {t}x{k}x{n} | {operations / Peak.Median(seconds) / 1e9:F0} | {Peak.Median(shares):P1} | {Peak.Median(gains):F2}x |");
    }

    private static void OneRow<S, V>(WeightFormat format, int k, int n, int rounds, WorkerPool pool)
        where S : struct, ISimd<V>
        where V : struct
    {
        using Arena arena = new();
        using Weight w = Random(format, n, k, pool);
        Tensor x = Operands.Fill(arena.Allocate(1, k), new Random(2));
        Tensor y = arena.AllocateZeroed(1, n);
        double[] shares = new double[rounds], rates = new double[rounds];
        using ReadBandwidth bandwidth = new(pool);
        Linear.Forward<S, V>(pool, x, w, null, y);
        for (int i = 0; i < rounds; i++)
        {
            double peak = bandwidth.Best(100);
            rates[i] = w.StoredBytes / Peak.Seconds(() => Linear.Forward<S, V>(pool, x, w, null, y));
            peak = (peak + bandwidth.Best(100)) / 2;
            shares[i] = rates[i] / peak;
        }

        Console.WriteLine($"| {format} | {k}x{n} | {pool.Threads} | {Peak.Median(rates) / 1e9:F1} | {Peak.Median(shares):P1} |");
    }

    private static Weight Random(WeightFormat format, int rows, int columns, WorkerPool pool)
    {
        using Weight w = Weight.Create("w", rows, columns);
        Random random = new(1);
        foreach (ref float value in w.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        return Weight.Quantize(w, format, pool);
    }
}
