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
        return new Interval(perPrompt.Average(), means[(int)(0.025 * Resamples)], means[(int)(0.975 * Resamples)]);
    }
}
