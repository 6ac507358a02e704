namespace Razum.Training.Evals;

/// <summary>Intervals and estimators of an evaluation.</summary>
public static class Statistics
{
    private const double Z = 1.959963984540054; // 97.5 % point of the normal distribution
    private const int Resamples = 2000;

    /// <summary>Share of successes with Wilson's score interval: right also near 0 and 1, where the usual one is not.</summary>
    public static Interval Wilson(int successes, int trials)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)successes, (uint)trials);
        double p = (double)successes / trials;
        double scale = 1 + (Z * Z / trials);
        double centre = (p + (Z * Z / (2 * trials))) / scale;
        double half = Z / scale * Math.Sqrt((p * (1 - p) / trials) + (Z * Z / (4.0 * trials * trials)));
        return new Interval(p, successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half);
    }

    /// <summary>1 - C(n - c, k) / C(n, k): unbiased probability that at least one of k samples is right when c of n were (arXiv 2107.03374).</summary>
    public static double PassAtK(int samples, int correct, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)correct, (uint)samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, samples);
        double none = 1;
        for (int i = 0; i < k; i++)
        {
            none *= Math.Max(0.0, samples - correct - i) / (samples - i);
        }

        return 1 - none;
    }

    /// <summary>
    /// Mean of one value per prompt, with the percentile interval of a bootstrap over prompts: samples of one prompt are not independent,
    /// so it is prompts that are drawn.
    /// </summary>
    public static Interval Bootstrap(IReadOnlyList<double> perPrompt, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perPrompt.Count, 1);
        double[] means = Resample(perPrompt, seed);
        return new Interval(perPrompt.Average(), Percentile(means, 0.025), Percentile(means, 0.975));
    }

    /// <summary>
    /// Mean difference of two models, second minus first, over the same prompts; interval and p by a bootstrap of the differences over prompts.
    /// p is two-sided: twice the share of resampled means on the other side of zero, never below 1 in the number of resamples.
    /// </summary>
    public static (Interval Difference, double P) PairedBootstrap(IReadOnlyList<double> first, IReadOnlyList<double> second, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first.Count, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(second.Count, first.Count);
        double[] differences = [.. second.Zip(first, (b, a) => b - a)];
        if (differences.All(d => d == 0))
        {
            return (new Interval(0, 0, 0), 1);
        }

        double[] means = Resample(differences, seed);
        double below = means.Count(m => m <= 0) / (double)Resamples;
        double above = means.Count(m => m >= 0) / (double)Resamples;
        double p = Math.Clamp(2 * Math.Min(below, above), 1.0 / Resamples, 1);
        return (new Interval(differences.Average(), Percentile(means, 0.025), Percentile(means, 0.975)), p);
    }

    /// <summary>
    /// McNemar's exact test: of the prompts on which two models differ, is either right more often than a fair coin? The two-sided p, by the binomial sum
    /// 2 * sum_{i &lt;= min} C(n, i) / 2^n.
    /// </summary>
    /// <param name="onlyFirst">Prompts that only the first model has right.</param>
    /// <param name="onlySecond">Prompts that only the second has right.</param>
    public static double McNemar(int onlyFirst, int onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);
        int n = onlyFirst + onlySecond;
        double term = -n * Math.Log(2); // log of C(n, i) / 2^n
        double sum = Math.Exp(term);
        for (int i = 1; i <= Math.Min(onlyFirst, onlySecond); i++)
        {
            term += Math.Log((n - i + 1.0) / i);
            sum += Math.Exp(term);
        }

        return Math.Min(1, 2 * sum);
    }

    /// <summary>
    /// The unweighted mean of independent estimates, its interval from theirs (Zou and Donner 2008): each bound is as far from the mean as the root of the
    /// sum of squared distances, divided by their number.
    /// </summary>
    public static Interval Mean(IReadOnlyList<Interval> estimates)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(estimates.Count, 1);
        double mean = estimates.Average(e => e.Value);
        double below = Math.Sqrt(estimates.Sum(e => (e.Value - e.Low) * (e.Value - e.Low))) / estimates.Count;
        double above = Math.Sqrt(estimates.Sum(e => (e.High - e.Value) * (e.High - e.Value))) / estimates.Count;
        return new Interval(mean, mean - below, mean + above);
    }

    private static double Percentile(double[] sorted, double share) => sorted[(int)(share * sorted.Length)];

    /// <summary>Sorted means of resampled prompts.</summary>
    private static double[] Resample(IReadOnlyList<double> perPrompt, int seed)
    {
        var random = new Random(seed);
        double[] means = new double[Resamples];
        for (int r = 0; r < Resamples; r++)
        {
            double sum = 0;
            for (int i = 0; i < perPrompt.Count; i++)
            {
                sum += perPrompt[random.Next(perPrompt.Count)];
            }

            means[r] = sum / perPrompt.Count;
        }

        Array.Sort(means);
        return means;
    }
}
