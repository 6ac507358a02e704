namespace Razum.Training.Optimizers;

/// <summary>How evenly rows went to experts; all 0 when nothing was routed.</summary>
/// <param name="MaxViolation">(largest - mean) / mean</param>
/// <param name="MinViolation">(mean - smallest) / mean</param>
/// <param name="Variation">Population standard deviation / mean.</param>
/// <param name="Entropy">Entropy of the shares / log E: 1 is even.</param>
/// <param name="Dead">Experts that no row went to.</param>
/// <param name="Gini">2 sum_i i x_(i) / (n sum x) - (n + 1) / n, loads ascending, i from 1: 0 is even.</param>
public readonly record struct LoadFigures(double MaxViolation, double MinViolation, double Variation, double Entropy, int Dead, double Gini)
{
    /// <summary>The figures of one router.</summary>
    /// <param name="loads">Rows of each expert, [E].</param>
    public static LoadFigures Of(ReadOnlySpan<long> loads)
    {
        long[] sorted = loads.ToArray();
        Array.Sort(sorted);
        double total = 0;
        foreach (long load in sorted)
        {
            total += load;
        }

        (int n, double mean) = (sorted.Length, total / sorted.Length);
        if (!(total > 0))
        {
            return new LoadFigures(0, 0, 0, 0, n, 0);
        }

        (double squares, double entropy, double ranked, int dead) = (0, 0, 0, 0);
        for (int i = 0; i < n; i++)
        {
            double share = sorted[i] / total;
            squares += (sorted[i] - mean) * (sorted[i] - mean);
            entropy -= share > 0 ? share * Math.Log(share) : 0;
            ranked += (i + 1) * (double)sorted[i];
            dead += sorted[i] == 0 ? 1 : 0;
        }

        return new LoadFigures(
            (sorted[^1] - mean) / mean,
            (mean - sorted[0]) / mean,
            Math.Sqrt(squares / n) / mean,
            n > 1 ? entropy / Math.Log(n) : 1,
            dead,
            (2 * ranked / (n * total)) - ((n + 1.0) / n));
    }
}
