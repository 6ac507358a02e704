using System.Diagnostics;
using Razum.Tensors;

namespace Razum.Benchmarks;

/// <summary>
/// Times as shares of the machine's peak, both measured right next to each other. Beside the clock on the wall there is the processor time of this
/// process, which does not count the moments in which other programs had the core.
/// </summary>
internal static class Peak
{
    /// <summary>The arithmetics that have a peak on this machine.</summary>
    internal static Arithmetic[] Measured { get; } = MachinePeak.MeasureBFloat16(1) > 0 ? [Arithmetic.F32, Arithmetic.BF16] : [Arithmetic.F32];

    /// <summary>
    /// Runs <paramref name="action"/> <paramref name="rounds"/> times on this thread, each between two measurements <paramref name="peakOf"/> the peak of one core.
    /// Returns the medians of the seconds, of the share of the peak that <paramref name="operations"/> floating-point operations in that time are,
    /// and of that share in processor time.
    /// </summary>
    internal static (double Seconds, double Share, double ProcessorShare) Measure(Action action, double operations, int rounds, Func<double, double> peakOf)
    {
        action();
        double[] seconds = new double[rounds];
        double[] shares = new double[rounds];
        double[] processorShares = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            double before = peakOf(3);
            TimeSpan processor = Environment.CpuUsage.TotalTime;
            seconds[i] = Seconds(action);
            double processorSeconds = (Environment.CpuUsage.TotalTime - processor).TotalSeconds;
            double peak = (before + peakOf(3)) / 2;
            shares[i] = operations / seconds[i] / peak;
            processorShares[i] = operations / processorSeconds / peak;
        }

        return (Median(seconds), Median(shares), Median(processorShares));
    }

    internal static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    internal static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
