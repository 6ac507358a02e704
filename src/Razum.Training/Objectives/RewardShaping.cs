namespace Razum.Training.Objectives;

/// <summary>Rewards beside right and wrong: of lengths, and of several rewards together.</summary>
public static class RewardShaping
{
    /// <summary>
    /// Kimi k1.5 (arXiv 2501.12599, 2.3.3): lambda = 0.5 - (length - shortest) / (longest - shortest) among the answers to one prompt; a right answer gets
    /// lambda, a wrong one min(0, lambda). All 0 when all are equally long.
    /// </summary>
    /// <param name="lengths">Tokens of each answer to ONE prompt.</param>
    /// <param name="correct">Whether each is right.</param>
    /// <param name="rewards">Result.</param>
    public static void LengthOfGroup(ReadOnlySpan<int> lengths, ReadOnlySpan<bool> correct, Span<double> rewards)
    {
        (int shortest, int longest) = (int.MaxValue, int.MinValue);
        foreach (int length in lengths)
        {
            (shortest, longest) = (Math.Min(shortest, length), Math.Max(longest, length));
        }

        for (int i = 0; i < lengths.Length; i++)
        {
            double lambda = longest > shortest ? 0.5 - ((lengths[i] - shortest) / ((double)longest - shortest)) : 0;
            rewards[i] = correct[i] ? lambda : Math.Min(0, lambda);
        }
    }

    /// <summary>
    /// DAPO's soft punishment (arXiv 2503.14476, eq. 13): 0 up to <paramref name="most"/> - <paramref name="cache"/> tokens, falling evenly to -1 at
    /// <paramref name="most"/>, -1 beyond.
    /// </summary>
    public static double SoftOverlong(int length, int most, int cache)
    {
        int allowed = most - cache;
        return length <= allowed ? 0 : length <= most ? ((double)allowed - length) / cache : -1;
    }

    /// <summary>
    /// A reward between <paramref name="atNone"/> (length 0) and <paramref name="atFull"/> (full length) along half a cosine. With 1 and 0.5 for right,
    /// -1 and -0.5 for wrong answers it is open-r1's; beyond the full length the cosine turns back: use <see cref="CosineLength(int, int, bool)"/> there.
    /// </summary>
    public static double CosineLength(int length, int full, double atNone, double atFull) =>
        atFull + (0.5 * (atNone - atFull) * (1 + Math.Cos(Math.PI * length / full)));

    /// <summary>arXiv 2502.03373: right 2 to 1, wrong -10 to 0 with the length; -10 for an answer that does not end in time.</summary>
    public static double CosineLength(int length, int full, bool correct) =>
        length >= full ? -10 : correct ? CosineLength(length, full, 2, 1) : CosineLength(length, full, -10, 0);

    /// <summary>
    /// Several rewards without one drowning the others (GDPO, arXiv 2601.05242): each is normalised in its group, (r - mean) / (sample deviation + 1e-4), the
    /// weighted sum again over the batch. The result are advantages.
    /// </summary>
    /// <param name="rewards">[B, number of weights], row by row.</param>
    /// <param name="weights">One for each reward.</param>
    /// <param name="groups">Prompt of each completion, [B]; equal ids lie together.</param>
    /// <param name="advantages">Result, [B].</param>
    public static void NormaliseEach(ReadOnlySpan<double> rewards, ReadOnlySpan<double> weights, ReadOnlySpan<int> groups, Span<double> advantages)
    {
        double[] one = new double[groups.Length];
        double[] normalised = new double[groups.Length];
        advantages.Clear();
        for (int k = 0; k < weights.Length; k++)
        {
            for (int i = 0; i < one.Length; i++)
            {
                one[i] = rewards[(i * weights.Length) + k];
            }

            Advantages.Compute(AdvantageKind.StdSample, one, groups, [], normalised);
            for (int i = 0; i < one.Length; i++)
            {
                advantages[i] += weights[k] * normalised[i];
            }
        }

        double mean = Advantages.Mean(advantages);
        double divisor = Advantages.Deviation(advantages, mean, 1) + 1e-4;
        foreach (ref double advantage in advantages)
        {
            advantage = (advantage - mean) / divisor;
        }
    }
}
