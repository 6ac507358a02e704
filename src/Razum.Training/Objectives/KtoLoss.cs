namespace Razum.Training.Objectives;

/// <summary>
/// Learning from answers that are good or bad, without pairs (KTO, arXiv 2402.01306): the value of an answer saturates around a reference point z0, as a gain or
/// loss does for people.
/// <code>good: w (1 - sigmoid(beta (d - z0)))    bad: w (1 - sigmoid(beta (z0 - d)))    d = log pi / pi_ref</code>
/// </summary>
public static class KtoLoss
{
    /// <summary>
    /// z0: mean log-ratio of answers to OTHER prompts (each prompt with the answer of another), at least 0: a biased estimate of KL(pi || pi_ref) that has no
    /// gradient.
    /// </summary>
    public static double ReferencePoint(ReadOnlySpan<SequenceLogProb> mismatched)
    {
        double sum = 0;
        foreach (SequenceLogProb answer in mismatched)
        {
            sum += answer.LogRatio;
        }

        return mismatched.IsEmpty ? 0 : Math.Max(0, sum / mismatched.Length);
    }

    /// <summary>Mean over the update's answers, and d loss / d log pi of each (overwritten).</summary>
    /// <param name="beta">How strongly the policy is held to the reference.</param>
    /// <param name="desirableWeight">w of good answers.</param>
    /// <param name="undesirableWeight">w of bad answers.</param>
    /// <param name="answers">Answers.</param>
    /// <param name="desirable">Whether each is good.</param>
    /// <param name="referencePoint">z0, from <see cref="ReferencePoint"/>.</param>
    /// <param name="updateAnswers">Answers of the whole update, of which these are a part.</param>
    /// <param name="gradient">One per answer.</param>
    public static double Evaluate(
        double beta,
        double desirableWeight,
        double undesirableWeight,
        ReadOnlySpan<SequenceLogProb> answers,
        ReadOnlySpan<bool> desirable,
        double referencePoint,
        int updateAnswers,
        Span<double> gradient)
    {
        if (desirable.Length != answers.Length || gradient.Length != answers.Length)
        {
            throw new ArgumentException($"{answers.Length} answers, {desirable.Length} labels, {gradient.Length} gradients");
        }

        double loss = 0;
        for (int i = 0; i < answers.Length; i++)
        {
            double sign = desirable[i] ? 1 : -1;
            double weight = (desirable[i] ? desirableWeight : undesirableWeight) / updateAnswers;
            double value = Sigmoid.Of(sign * beta * (answers[i].LogRatio - referencePoint));
            loss += weight * (1 - value);
            gradient[i] = -sign * weight * beta * value * (1 - value);
        }

        return loss;
    }
}
