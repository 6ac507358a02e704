namespace Razum.Inference.Sampling;

/// <summary>
/// Draws with a given uniform number u in [0, 1): the lowest id whose cumulated probability, over ascending ids, is above u; should rounding leave
/// none, the last id with a probability above 0.
/// </summary>
internal static class InverseCdf
{
    public static int Draw(Candidates candidates, double uniform)
    {
        ReadOnlySpan<double> weights = candidates.Weights;
        double total = 0;
        foreach (double weight in weights)
        {
            total += weight;
        }

        double border = uniform * total, sum = 0;
        int last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
            {
                last = i;
                sum += weights[i];
                if (sum > border)
                {
                    break;
                }
            }
        }

        return candidates.Ids[last];
    }
}
