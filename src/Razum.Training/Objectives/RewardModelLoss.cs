namespace Razum.Training.Objectives;

/// <summary>
/// A reward model from pairs of answers (Bradley and Terry): <code>-log sigmoid(chosen - rejected - margin) + centre (chosen + rejected)^2</code>
/// The margin says how much better an answer is; the centre term keeps scores around 0, which the differences leave free (arXiv 2312.09244).
/// </summary>
public static class RewardModelLoss
{
    /// <summary>Mean over the update's pairs, and d loss / d score (overwritten).</summary>
    /// <param name="centre">Factor of the centre term.</param>
    /// <param name="chosen">Scores of the better answers.</param>
    /// <param name="rejected">Scores of the worse ones.</param>
    /// <param name="margins">One per pair; empty for none.</param>
    /// <param name="updatePairs">Pairs of the whole update, of which these are a part.</param>
    /// <param name="chosenGradient">One per better answer.</param>
    /// <param name="rejectedGradient">One per worse answer.</param>
    public static double Evaluate(
        double centre,
        ReadOnlySpan<double> chosen,
        ReadOnlySpan<double> rejected,
        ReadOnlySpan<double> margins,
        int updatePairs,
        Span<double> chosenGradient,
        Span<double> rejectedGradient)
    {
        if (rejected.Length != chosen.Length || (margins.Length != 0 && margins.Length != chosen.Length)
            || chosenGradient.Length != chosen.Length || rejectedGradient.Length != chosen.Length)
        {
            throw new ArgumentException($"{chosen.Length} chosen and {rejected.Length} rejected scores, {margins.Length} margins");
        }

        double loss = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            double z = chosen[i] - rejected[i] - (margins.IsEmpty ? 0 : margins[i]);
            double sum = chosen[i] + rejected[i];
            loss += (-Sigmoid.Log(z) + (centre * sum * sum)) / updatePairs;
            chosenGradient[i] = (-Sigmoid.Of(-z) + (2 * centre * sum)) / updatePairs;
            rejectedGradient[i] = (Sigmoid.Of(-z) + (2 * centre * sum)) / updatePairs;
        }

        return loss;
    }
}
