namespace Razum.Training.Objectives;

/// <summary>
/// Advantages of a batch of completions, from their rewards alone: no value network. A group is a run of equal ids in <c>groups</c>.
/// In a group without variance every r - mean is exactly 0 (also where its mean is not exact in binary).
/// </summary>
public static class Advantages
{
    /// <summary>One advantage per completion.</summary>
    /// <param name="kind">The formula.</param>
    /// <param name="rewards">[B]</param>
    /// <param name="groups">Prompt of each completion, [B]; equal ids lie together.</param>
    /// <param name="liveTokens">Live tokens of each completion, [B]: the weights of whitening. Other kinds do not read it.</param>
    /// <param name="advantages">Result, [B].</param>
    public static void Compute(
        AdvantageKind kind, ReadOnlySpan<double> rewards, ReadOnlySpan<int> groups, ReadOnlySpan<int> liveTokens, Span<double> advantages)
    {
        Require(rewards.Length == groups.Length && rewards.Length == advantages.Length, "rewards, groups and advantages differ in length");
        for (int from = 0; from < rewards.Length;)
        {
            int to = End(groups, from);
            OfGroup(kind, rewards[from..to], advantages[from..to]);
            from = to;
        }

        switch (kind)
        {
            case AdvantageKind.StdBatch:
                double scale = 1 / (Deviation(rewards, Mean(rewards), 1) + 1e-4);
                foreach (ref double advantage in advantages)
                {
                    advantage *= scale;
                }

                break;
            case AdvantageKind.ReinforcePpOpenrlhf or AdvantageKind.ReinforcePpVerl:
                Require(liveTokens.Length == rewards.Length, "whitening over tokens needs their numbers");
                Whiten(kind == AdvantageKind.ReinforcePpVerl, liveTokens, advantages);
                break;
        }
    }

    /// <summary>Whether all rewards of a completion's group are equal: it teaches nothing.</summary>
    public static void FindZeroVariance(ReadOnlySpan<double> rewards, ReadOnlySpan<int> groups, Span<bool> zeroVariance)
    {
        for (int from = 0; from < rewards.Length;)
        {
            int to = End(groups, from);
            zeroVariance[from..to].Fill(IsConstant(rewards[from..to]));
            from = to;
        }
    }

    /// <summary>Mean, exact for equal values.</summary>
    internal static double Mean(ReadOnlySpan<double> values)
    {
        if (IsConstant(values))
        {
            return values.IsEmpty ? 0 : values[0];
        }

        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    /// <summary>sqrt(sum (x - mean)^2 / (n - correction)); 0 for too few values.</summary>
    internal static double Deviation(ReadOnlySpan<double> values, double mean, int correction)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += (value - mean) * (value - mean);
        }

        return values.Length > correction ? Math.Sqrt(sum / (values.Length - correction)) : 0;
    }

    /// <summary>First index behind the group that begins at <paramref name="from"/>.</summary>
    internal static int End(ReadOnlySpan<int> groups, int from)
    {
        int to = from + 1;
        while (to < groups.Length && groups[to] == groups[from])
        {
            to++;
        }

        return to;
    }

    private static void OfGroup(AdvantageKind kind, ReadOnlySpan<double> rewards, Span<double> advantages)
    {
        double mean = Mean(rewards);
        double divisor = kind switch
        {
            AdvantageKind.StdSample => Deviation(rewards, mean, 1) + 1e-4,
            AdvantageKind.StdSampleVerl => Deviation(rewards, mean, 1) + 1e-6,
            AdvantageKind.StdPopulation => Deviation(rewards, mean, 0),
            AdvantageKind.Rloo => (rewards.Length - 1.0) / rewards.Length, // r - mean of the others = G / (G - 1) (r - mean)
            _ => 1,
        };
        for (int i = 0; i < rewards.Length; i++)
        {
            advantages[i] = divisor > 0 ? (rewards[i] - mean) / divisor : 0;
        }
    }

    private static void Whiten(bool sampleVariance, ReadOnlySpan<int> liveTokens, Span<double> advantages)
    {
        (double tokens, double mean, double variance) = (0, 0, 0);
        for (int i = 0; i < advantages.Length; i++)
        {
            tokens += liveTokens[i];
            mean += liveTokens[i] * advantages[i];
        }

        mean /= Math.Max(tokens, 1);
        for (int i = 0; i < advantages.Length; i++)
        {
            variance += liveTokens[i] * (advantages[i] - mean) * (advantages[i] - mean);
        }

        double squared = sampleVariance ? (variance / Math.Max(tokens - 1, 1)) + 1e-8 : Math.Max(variance / Math.Max(tokens, 1), 1e-8);
        foreach (ref double advantage in advantages)
        {
            advantage = (advantage - mean) / Math.Sqrt(squared);
        }
    }

    private static bool IsConstant(ReadOnlySpan<double> values) => values.IsEmpty || !values.ContainsAnyExcept(values[0]);

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new ArgumentException(what);
        }
    }
}
