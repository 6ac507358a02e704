using Razum.Tensors;

namespace Razum.Training.Optimizers;

/// <summary>
/// Balance of experts without an auxiliary loss (arXiv 2408.15664): after a step, the bias of every expert that was chosen less often than the mean
/// goes up by gamma, of every other down. <see cref="LoadFigures"/> show how it stands.
/// </summary>
public static class LoadBalance
{
    /// <summary>b_i += gamma * sign(mean - load_i), sign(0) = 0; centred, less the mean of the signs (Moonlight), so that biases do not drift together.</summary>
    /// <param name="bias">The bias of a layer, [1, E].</param>
    /// <param name="loads">How many rows of the whole step went to each expert, [E].</param>
    /// <param name="gamma">Update speed.</param>
    /// <param name="centred">Whether the mean of the signs is taken off.</param>
    public static void Update(Weight bias, ReadOnlySpan<long> loads, double gamma, bool centred = false)
    {
        Span<float> values = bias.AsSpan();
        if (values.Length != loads.Length)
        {
            throw new ArgumentException($"{loads.Length} loads for {values.Length} experts", nameof(loads));
        }

        (long total, int experts) = (Sum(loads), loads.Length);
        double mean = 0;
        foreach (long load in loads)
        {
            mean += centred ? (double)Sign(load) / loads.Length : 0;
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] += (float)(gamma * (Sign(loads[i]) - mean));
        }

        bias.MarkChanged();

        int Sign(long load) => Math.Sign(total - (load * experts)); // of total / E - load, in whole numbers
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
