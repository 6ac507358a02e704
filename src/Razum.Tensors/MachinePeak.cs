using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Jit;
using Razum.Tensors.Machine;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>
/// What a core can do at most: multiply-adds on registers alone, with the widest vectors, in F32, BF16 (<c>vdpbf16ps</c>) or INT8 (<c>vpdpbusd</c>).
/// Utilisation is measured against this.
/// </summary>
internal static class MachinePeak
{
    /// <summary>Chains enough to hide the latency of an addition on two pipes of 4 or 5 cycles.</summary>
    private const int Chains = 12;

    /// <summary>Floating-point operations per second of the calling thread's core (2 for a multiply-add): the best of windows over about <paramref name="milliseconds"/>.</summary>
    internal static double Measure(double milliseconds = 50) => InstructionSets.Supported[^1] switch
    {
        InstructionSet.Avx512 or InstructionSet.Jit => Measure<Avx512, Vector512<float>>(milliseconds),
        InstructionSet.Avx2 => Measure<Avx2, Vector256<float>>(milliseconds),
        InstructionSet.Neon => Measure<Neon, Vector128<float>>(milliseconds),
        _ => Measure<Scalar, float>(milliseconds),
    };

    /// <summary>The same with BF16 values summed in F32; 0 where no machine code runs or the instruction is missing.</summary>
    internal static double MeasureBFloat16(double milliseconds = 50) => Has(Products.BF16)
        ? Best(PeakLoop.BFloat16, PeakLoop.BFloat16Operations, milliseconds)
        : 0;

    /// <summary>The same with products of 8-bit integers summed in 32 bits; 0 where no machine code runs or the instruction is missing.</summary>
    internal static double MeasureInt8(double milliseconds = 50) => Has(Products.Int8)
        ? Best(PeakLoop.Int8, PeakLoop.Int8Operations, milliseconds)
        : 0;

    /// <summary>Whether there is an instruction for such products, and machine code runs it; other processors compute them in F32.</summary>
    internal static bool Has(Products products) => products switch
    {
        Products.BF16 => PairTile.IsSupported,
        Products.Int8 => MachineCode.Unavailable is null && CpuFeatures.Avx512Vnni,
        _ => true,
    };

    /// <summary>The peak that products in <paramref name="arithmetic"/> are measured against: that of F32 where BF16 has no instruction.</summary>
    internal static Func<double, double> Of(Arithmetic arithmetic) =>
        arithmetic == Arithmetic.BF16 && PairTile.IsSupported ? MeasureBFloat16 : Measure;

    /// <summary>One of these peaks for all threads of a pool at once: the sum of what each reaches beside the others.</summary>
    internal static double Measure(WorkerPool pool, double milliseconds = 50, Func<double, double>? measure = null)
    {
        double[] peaks = new double[pool.Threads];
        pool.For(pool.Threads, 1, new PeakJob(peaks, milliseconds, measure ?? Measure));
        return peaks.Sum();
    }

    private static double Measure<S, V>(double milliseconds)
        where S : struct, ISimd<V>
        where V : struct
    {
        return Best(rounds => Multiply<S, V>(rounds), 2.0 * Chains * S.Lanes, milliseconds);
    }

    /// <summary>Operations per second of a loop whose rounds do <paramref name="operations"/> each: the best of many short runs.</summary>
    private static double Best(Action<long> loop, double operations, double milliseconds)
    {
        const int Rounds = 100_000;
        double best = 0;
        long begin = Stopwatch.GetTimestamp();
        do
        {
            long start = Stopwatch.GetTimestamp();
            loop(Rounds);
            best = Math.Max(best, operations * Rounds / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < milliseconds);

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Multiply<S, V>(long rounds)
        where S : struct, ISimd<V>
        where V : struct
    {
        V x = S.Broadcast(0.999f);
        V y = S.Broadcast(0.001f);
        V a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (long n = 0; n < rounds; n++)
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

    private readonly struct PeakJob(double[] peaks, double milliseconds, Func<double, double> measure) : IRangeJob
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                peaks[i] = measure(milliseconds);
            }
        }
    }
}
