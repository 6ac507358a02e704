using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>
/// What a core can do at most: F32 fused multiply-adds on registers alone, with the widest vectors. Utilisation is measured against this.
/// </summary>
internal static class MachinePeak
{
    /// <summary>Chains enough to hide the latency of an addition on two pipes of 4 or 5 cycles.</summary>
    private const int Chains = 12;

    /// <summary>Floating-point operations per second of the calling thread's core (2 for a multiply-add): the best of windows over about <paramref name="milliseconds"/>.</summary>
    internal static double Measure(double milliseconds = 50) => InstructionSets.Supported[^1] switch
    {
        InstructionSet.Avx512 => Measure<Avx512, Vector512<float>>(milliseconds),
        InstructionSet.Avx2 => Measure<Avx2, Vector256<float>>(milliseconds),
        InstructionSet.Neon => Measure<Neon, Vector128<float>>(milliseconds),
        _ => Measure<Scalar, float>(milliseconds),
    };

    /// <summary>The same for all threads of a pool at once: the sum of what each reaches beside the others.</summary>
    internal static double Measure(WorkerPool pool, double milliseconds = 50)
    {
        double[] peaks = new double[pool.Threads];
        pool.For(pool.Threads, 1, new PeakJob(peaks, milliseconds));
        return peaks.Sum();
    }

    private static double Measure<S, V>(double milliseconds)
        where S : struct, ISimd<V>
        where V : struct
    {
        const int Rounds = 100_000;
        double operations = 2.0 * Chains * Rounds * S.Lanes;
        double best = 0;
        long begin = Stopwatch.GetTimestamp();
        do
        {
            long start = Stopwatch.GetTimestamp();
            Multiply<S, V>(Rounds);
            best = Math.Max(best, operations / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < milliseconds);

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Multiply<S, V>(int rounds)
        where S : struct, ISimd<V>
        where V : struct
    {
        V x = S.Broadcast(0.999f);
        V y = S.Broadcast(0.001f);
        V a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int n = 0; n < rounds; n++)
        {
            a = S.Fma(a, x, y);
            b = S.Fma(b, x, y);
            c = S.Fma(c, x, y);
            d = S.Fma(d, x, y);
            e = S.Fma(e, x, y);
            f = S.Fma(f, x, y);
            g = S.Fma(g, x, y);
            h = S.Fma(h, x, y);
            i = S.Fma(i, x, y);
            j = S.Fma(j, x, y);
            k = S.Fma(k, x, y);
            l = S.Fma(l, x, y);
        }

        V first = S.Add(S.Add(S.Add(a, b), S.Add(c, d)), S.Add(e, f));
        return S.Sum(S.Add(first, S.Add(S.Add(S.Add(g, h), S.Add(i, j)), S.Add(k, l))));
    }

    private readonly struct PeakJob(double[] peaks, double milliseconds) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                peaks[i] = Measure(milliseconds);
            }
        }
    }
}
