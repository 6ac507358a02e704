using System.Diagnostics;
using System.Runtime.Intrinsics;
using Razum.Tensors;
using Razum.Tensors.Kernels;
using Razum.Tensors.Machine;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;
namespace Razum.Benchmarks;
internal static class Levels
{
    internal static void Run(string[] options)
    {
        using WorkerPool one = new(1);
        using WorkerPool two = new(2);
        int streams = int.Parse(Environment.GetEnvironmentVariable("STREAMS") ?? "1");
        WeightFormat[] formats = options.Length > 0 ? [.. options[0].Split(',').Select(Enum.Parse<WeightFormat>)] : [WeightFormat.Q8_0, WeightFormat.Q4_K, WeightFormat.Q6_K];
        foreach (WeightFormat format in formats)
        {
            foreach (int k in (int[])[1536])
            foreach (int mega in (int[])[64, 1024])
            {
                int n = Math.Max(32, (int)(mega * 100_000L * 2 / k / 32 * 32));
                using Arena arena = new();
                using Weight raw = Weight.Create("w", n, k);
                Random random = new(1);
                foreach (ref float value in raw.AsSpan()) value = random.NextSingle() - 0.5f;
                using Weight w = Weight.Quantize(raw, format, two);
                Tensor x = Operands.Fill(arena.Allocate(1, k), new Random(2));
                Tensor y = arena.AllocateZeroed(1, n);
                string line = $"{format} K {k} N {n} {w.StoredBytes / 1e6:F2} MB:";
                foreach (WorkerPool pool in (WorkerPool[])[one, two])
                {
                    using ReadBandwidth bandwidth = new(pool);
                    int reps = (int)Math.Max(1, 60_000_000 / w.StoredBytes);
                    double[] rates = new double[15], reads = new double[15];
                    for (int i = -3; i < 15; i++)
                    {
                        double read = mega >= 1024 ? bandwidth.Best(50, streams) : 1;
                        long start = Stopwatch.GetTimestamp();
                        for (int r = 0; r < reps; r++) Linear.Forward<Avx512Jit, Vector512<float>>(pool, x, w, null, y);
                        if (i >= 0) (rates[i], reads[i]) = (w.StoredBytes * (double)reps / Stopwatch.GetElapsedTime(start).TotalSeconds, read);
                    }
                    line += $"  {pool.Threads}T {Peak.Median(rates) / 1e9:F1} GB/s (read {Peak.Median(reads) / 1e9:F1})";
                }
                Console.WriteLine(line);
            }
        }
    }
}
