using System.Diagnostics;
using Razum.Tensors;
using Razum.Tensors.Machine;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Benchmarks;

/// <summary>
/// One row (decoding), or a few, through a matrix larger than the caches as a share of the bandwidth of reading memory with one sequential stream per
/// thread, both measured alternately. Options: number of rounds.
/// </summary>
internal static class RowBenchmark
{
    private const int Inputs = 1536;
    private const long Bytes = 256_000_000;

    internal static void Run(string[] options)
    {
        int rounds = options.Length > 0 ? int.Parse(options[0]) : 15;
        Console.WriteLine($"{Inputs} inputs through {Bytes / 1e6} MB, medians of {rounds} rounds");
        Console.WriteLine();
        Console.WriteLine("| weights | rows | threads | read GB/s | product GB/s | of read |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (Arithmetic arithmetic in Peak.Measured)
        {
            int size = arithmetic == Arithmetic.F32 ? sizeof(float) : sizeof(ushort);
            int outputs = (int)(Bytes / size / Inputs / 64 * 64);
            using Weight w = Weight.Create("w", outputs, Inputs);
            w.AsSpan().Fill(0.5f);
            foreach (int threads in (int[])[1, 2])
            {
                foreach (int rows in (int[])[1, 4])
                {
                    using WorkerPool pool = new(threads);
                    Measure(arithmetic, rows, pool, w, (long)outputs * Inputs * size, rounds);
                }
            }
        }
    }

    private static void Measure(Arithmetic arithmetic, int rows, WorkerPool pool, Weight w, long bytes, int rounds)
    {
        using Arena arena = new();
        KernelTable kernels = KernelTable.Create(InstructionSets.Default, pool, arithmetic);
        Tensor x = arena.AllocateZeroed(rows, Inputs);
        Tensor y = arena.Allocate(rows, w.Rows);
        using ReadBandwidth bandwidth = new(pool);
        double[] read = new double[rounds];
        double[] product = new double[rounds];
        double[] shares = new double[rounds];
        for (int i = -2; i < rounds; i++)
        {
            double reading = bandwidth.Best(50);
            long start = Stopwatch.GetTimestamp();
            kernels.Linear(x, w, null, y);
            double rate = bytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (i >= 0)
            {
                (read[i], product[i], shares[i]) = (reading, rate, rate / reading);
            }
        }

        Console.WriteLine(
            $"| {arithmetic} | {rows} | {pool.Threads} | {Peak.Median(read) / 1e9:F1} | {Peak.Median(product) / 1e9:F1} | {Peak.Median(shares):P0} |");
    }
}
