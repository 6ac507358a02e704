namespace Razum.Training.Evals;

/// <summary>How much a text of tokens repeats itself: figures in which the collapse of a policy shows early.</summary>
public static class Repetition
{
    /// <summary>Different n-grams / n-grams; 1 if there is none.</summary>
    public static double DistinctShare(ReadOnlySpan<int> tokens, int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        int count = tokens.Length - n + 1;
        if (count < 1)
        {
            return 1;
        }

        // Sorted beginnings of n-grams: equal ones are neighbours, nothing is hashed.
        int[] copy = tokens.ToArray();
        int[] starts = [.. Enumerable.Range(0, count)];
        Array.Sort(starts, (a, b) => copy.AsSpan(a, n).SequenceCompareTo(copy.AsSpan(b, n)));
        int distinct = 1;
        for (int i = 1; i < count; i++)
        {
            distinct += copy.AsSpan(starts[i], n).SequenceEqual(copy.AsSpan(starts[i - 1], n)) ? 0 : 1;
        }

        return (double)distinct / count;
    }

    /// <summary>Share of tokens, from the second on, equal to the one before.</summary>
    public static double RepeatedShare(ReadOnlySpan<int> tokens)
    {
        int repeated = 0;
        for (int i = 1; i < tokens.Length; i++)
        {
            repeated += tokens[i] == tokens[i - 1] ? 1 : 0;
        }

        return (double)repeated / Math.Max(1, tokens.Length - 1);
    }

    /// <summary>Smallest period, at most half the length, with which the whole text repeats itself; 0 if none.</summary>
    public static int LoopPeriod(ReadOnlySpan<int> tokens)
    {
        for (int period = 1; period <= tokens.Length / 2; period++)
        {
            if (tokens[period..].SequenceEqual(tokens[..^period]))
            {
                return period;
            }
        }

        return 0;
    }
}
