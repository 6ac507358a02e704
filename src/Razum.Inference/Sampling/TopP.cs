namespace Razum.Inference.Sampling;

/// <summary>
/// Keeps the shortest run of tokens, by descending logit and then ascending id, whose probabilities sum to at least p (at least one token).
/// Probabilities are those among the tokens left by earlier steps. 1 keeps all.
/// </summary>
internal static class TopP
{
    public static void Apply(Candidates candidates, double p)
    {
        if (p < 1)
        {
            ReadOnlySpan<double> weights = candidates.Weights;
            double total = 0;
            foreach (double weight in weights)
            {
                total += weight;
            }

            candidates.Keep(candidates.Select.ByMass(candidates.Distances, weights, p * total));
        }
    }
}
