using Razum.Tensors;

namespace Razum.Training.Optimizers;

/// <summary>
/// Balance of experts without an auxiliary loss (arXiv 2408.15664): after a step, the bias of every expert that was chosen less often than the mean
/// goes up by gamma, of every other down. Also the figure by which balance is watched.
/// </summary>
public static class LoadBalance
{
    /// <summary>b_i += gamma * sign(mean - load_i), sign(0) = 0.</summary>
    /// <param name="bias">The bias of a layer, [1, E].</param>
    /// <param name="loads">How many rows of the whole step went to each expert, [E].</param>
    /// <param name="gamma">Update speed.</param>
    public static void Update(Weight bias, ReadOnlySpan<long> loads, double gamma)
    {
        Span<float> values = bias.AsSpan();
        if (values.Length != loads.Length)
        {
            throw new ArgumentException($"{loads.Length} loads for {values.Length} experts", nameof(loads));
        }

        long total = Sum(loads);
        for (int i = 0; i < values.Length; i++)
        {
            // sign(total / E - load), in whole numbers
            values[i] += (float)(gamma * Math.Sign(total - (loads[i] * loads.Length)));
        }

        bias.MarkChanged();
    }

    /// <summary>(largest - mean) / mean; 0 when nothing was routed.</summary>
    public static double MaxViolation(ReadOnlySpan<long> loads)
    {
        long largest = 0;
        foreach (long load in loads)
        {
            largest = Math.Max(largest, load);
        }

        double mean = (double)Sum(loads) / loads.Length;
        return mean > 0 ? (largest - mean) / mean : 0;
    }

    private static long Sum(ReadOnlySpan<long> loads)
    {
        long total = 0;
        foreach (long load in loads)
        {
            total += load;
        }

        return total;
    }
}
