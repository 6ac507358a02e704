namespace Razum.Training.Objectives;

/// <summary>
/// The weight of every target in a supervised loss, which is sum_t weight_t * loss_t: what the head's losses take as row weights. The sequences of a step may be
/// spread over micro-batches: the denominators are those of the whole step.
/// </summary>
public static class TargetWeights
{
    /// <summary>Weights that make a sum a mean.</summary>
    /// <param name="mean">The kind of mean.</param>
    /// <param name="targets">Weight of each target of the step before normalising; 0 is not learned. Other kinds than weighted take every other one as 1.</param>
    /// <param name="lengths">Targets of each sequence, in the order they lie in <paramref name="targets"/>.</param>
    /// <param name="weights">Result, as long as <paramref name="targets"/>.</param>
    public static void Compute(LossMean mean, ReadOnlySpan<float> targets, ReadOnlySpan<int> lengths, Span<float> weights)
    {
        (double total, int learning, int from) = (0, 0, 0);
        foreach (int length in lengths)
        {
            double sum = Sum(mean, targets.Slice(from, length));
            (total, learning, from) = (total + sum, learning + (sum > 0 ? 1 : 0), from + length);
        }

        if (from != targets.Length || weights.Length != targets.Length)
        {
            throw new ArgumentException($"sequences of {from} targets, {targets.Length} targets and {weights.Length} weights");
        }

        from = 0;
        foreach (int length in lengths)
        {
            ReadOnlySpan<float> sequence = targets.Slice(from, length);
            double scale = mean switch
            {
                LossMean.SequenceMean => 1 / (Sum(mean, sequence) * learning), // unused where the sum is 0
                LossMean.SequenceSumMean => 1.0 / lengths.Length,
                _ => 1 / total,
            };
            for (int t = 0; t < length; t++)
            {
                weights[from + t] = sequence[t] == 0 ? 0 : (float)(scale * (mean == LossMean.Weighted ? sequence[t] : 1));
            }

            from += length;
        }
    }

    private static double Sum(LossMean mean, ReadOnlySpan<float> targets)
    {
        double sum = 0;
        foreach (float target in targets)
        {
            sum += mean == LossMean.Weighted ? target : target != 0 ? 1 : 0;
        }

        return sum;
    }
}
