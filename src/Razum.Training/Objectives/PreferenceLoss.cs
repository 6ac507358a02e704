namespace Razum.Training.Objectives;

/// <summary>
/// Learning from pairs of answers of which one is better, without a reward model: DPO and its relatives (<see cref="PreferenceKind"/>). All are functions of the
/// two log-probabilities; a token's gradient is that of its answer. With <see cref="PreferenceSettings.Nll"/> the mean cross-entropy of the chosen answer is added.
/// </summary>
public static class PreferenceLoss
{
    /// <summary>Mean over the update's pairs, and d loss / d log pi of every answer (overwritten).</summary>
    /// <param name="settings">Form and constants.</param>
    /// <param name="chosen">Better answers.</param>
    /// <param name="rejected">Worse answers to the same prompts.</param>
    /// <param name="updatePairs">Pairs of the whole update, of which these are a part.</param>
    /// <param name="chosenGradient">One per better answer.</param>
    /// <param name="rejectedGradient">One per worse answer.</param>
    /// <param name="metrics">Is added to.</param>
    public static double Evaluate(
        PreferenceSettings settings,
        ReadOnlySpan<SequenceLogProb> chosen,
        ReadOnlySpan<SequenceLogProb> rejected,
        int updatePairs,
        Span<double> chosenGradient,
        Span<double> rejectedGradient,
        PreferenceMetrics metrics)
    {
        if (chosen.Length != rejected.Length || chosenGradient.Length != chosen.Length || rejectedGradient.Length != chosen.Length)
        {
            throw new ArgumentException($"{chosen.Length} chosen and {rejected.Length} rejected answers, {chosenGradient.Length} and {rejectedGradient.Length} gradients");
        }

        bool perToken = settings.Kind is PreferenceKind.Ipo or PreferenceKind.SigmoidNorm;
        double loss = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            (SequenceLogProb better, SequenceLogProb worse) = (chosen[i], rejected[i]);
            metrics.Add(better, worse, settings.Beta);
            double difference = perToken ? better.MeanLogRatio - worse.MeanLogRatio : better.LogRatio - worse.LogRatio;
            (double value, double slope) = OfDifference(settings, difference);
            double nll = settings.Nll / Math.Max(better.Tokens, 1);
            loss += (value - (nll * better.LogProb)) / updatePairs;
            chosenGradient[i] = ((slope / (perToken ? Math.Max(better.Tokens, 1) : 1)) - nll) / updatePairs;
            rejectedGradient[i] = -slope / updatePairs / (perToken ? Math.Max(worse.Tokens, 1) : 1);
        }

        return loss;
    }

    /// <summary>The loss of one pair and its derivative by the difference of log-ratios.</summary>
    private static (double Value, double Slope) OfDifference(PreferenceSettings settings, double difference)
    {
        (double beta, double e) = (settings.Beta, settings.LabelSmoothing);
        double z = beta * difference;
        (double right, double rightSlope) = (-Sigmoid.Log(z), -beta * Sigmoid.Of(-z));
        (double wrong, double wrongSlope) = (-Sigmoid.Log(-z), beta * Sigmoid.Of(z));
        double gap = difference - (1 / (2 * beta));
        return settings.Kind switch
        {
            PreferenceKind.Hinge => (Math.Max(0, 1 - z), z < 1 ? -beta : 0),
            PreferenceKind.Ipo => (gap * gap, 2 * gap),
            PreferenceKind.Conservative => (((1 - e) * right) + (e * wrong), ((1 - e) * rightSlope) + (e * wrongSlope)),
            PreferenceKind.Robust => ((((1 - e) * right) - (e * wrong)) / (1 - (2 * e)), (((1 - e) * rightSlope) - (e * wrongSlope)) / (1 - (2 * e))),
            _ => (right, rightSlope),
        };
    }
}
