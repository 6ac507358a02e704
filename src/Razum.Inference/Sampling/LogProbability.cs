namespace Razum.Inference.Sampling;

/// <summary>
/// log softmax(logits)[id]: x[id] - max - log(sum of exp(x - max)). What is reported for a token comes from here alone.
/// </summary>
internal static class LogProbability
{
    /// <summary>log(sum of exp(x)) of a row of logits.</summary>
    public static float LogSumExp(ReadOnlySpan<float> logits)
    {
        float largest = float.NegativeInfinity;
        foreach (float x in logits)
        {
            largest = MathF.Max(largest, x);
        }

        double sum = 0;
        foreach (float x in logits)
        {
            sum += Math.Exp(x - largest);
        }

        return (float)(largest + Math.Log(sum));
    }

    /// <summary>The log-probability of <paramref name="token"/>, given <see cref="LogSumExp"/> of the same row.</summary>
    public static float Of(ReadOnlySpan<float> logits, float logSumExp, int token) => logits[token] - logSumExp;
}
