namespace Razum.Inference.Sampling;

/// <summary>
/// Finds how many of the nearest tokens are needed for a count (top-k) or a mass of probability (top-p), without sorting all. The bits of a
/// non-negative double order as the number does, so one pass over the tokens sums their mass per leading eleven bits; only the bucket in which the
/// target is reached is looked at more closely, and what is left in the end is sorted. Six passes at worst, over ever fewer tokens: O(V) whatever the
/// values are.
/// </summary>
internal sealed class RadixSelect(int capacity)
{
    private const int Digits = 11;
    private const int Buckets = 1 << Digits;
    private const int FewMembers = 32; // so few are sorted at once

    private readonly int[] _members = new int[capacity];
    private readonly int[] _counts = new int[Buckets]; // zero between passes, as are the masses
    private readonly double[] _masses = new double[Buckets];

    /// <summary>The border of the <paramref name="count"/> nearest tokens; count is at most the number of tokens.</summary>
    public Border ByCount(ReadOnlySpan<double> distances, int count) => Find(distances, [], count);

    /// <summary>The border of the fewest nearest tokens whose weights sum to at least <paramref name="mass"/>; all of them if rounding keeps the sum below it.</summary>
    public Border ByMass(ReadOnlySpan<double> distances, ReadOnlySpan<double> weights, double mass) => Find(distances, weights, mass);

    private Border Find(ReadOnlySpan<double> distances, ReadOnlySpan<double> weights, double target)
    {
        Span<int> members = _members.AsSpan(0, distances.Length);
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = i;
        }

        double nearer = 0; // mass of everything before the current bucket
        for (int shift = 64 - Digits; members.Length > FewMembers && shift > -Digits; shift -= Digits)
        {
            (int first, int last) = Sum(distances, weights, members, shift);
            int bucket = Reach(first, last, ref nearer, target);
            int kept = 0;
            foreach (int i in members)
            {
                members[kept] = i;
                kept += Digit(distances[i], shift) == bucket ? 1 : 0;
            }

            members = members[..kept];
        }

        if (members.Length <= FewMembers)
        {
            Sort(distances, members);
        }

        // Here the members are in order: the few were sorted, and many that share all bits are equal and in order of id.
        int place = 0;
        for (double sum = nearer + Weight(weights, members[0]); place + 1 < members.Length && sum < target; place++)
        {
            sum += Weight(weights, members[place + 1]);
        }

        double border = distances[members[place]];
        int ties = 1;
        while (ties <= place && distances[members[place - ties]] == border)
        {
            ties++;
        }

        return new Border(border, ties);
    }

    private static int Digit(double distance, int shift)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(distance);
        return (int)(shift >= 0 ? bits >> shift : bits << -shift) & (Buckets - 1);
    }

    private static double Weight(ReadOnlySpan<double> weights, int index) => weights.IsEmpty ? 1 : weights[index];

    /// <summary>By insertion: ascending distance, equal ones in the order they have.</summary>
    private static void Sort(ReadOnlySpan<double> distances, Span<int> members)
    {
        for (int i = 1; i < members.Length; i++)
        {
            int member = members[i], place = i;
            for (; place > 0 && distances[members[place - 1]] > distances[member]; place--)
            {
                members[place] = members[place - 1];
            }

            members[place] = member;
        }
    }

    /// <summary>Counts and mass per bucket; returns the first and the last bucket that has members.</summary>
    private (int First, int Last) Sum(ReadOnlySpan<double> distances, ReadOnlySpan<double> weights, ReadOnlySpan<int> members, int shift)
    {
        int first = Buckets, last = 0;
        foreach (int i in members)
        {
            int digit = Digit(distances[i], shift);
            _counts[digit]++;
            _masses[digit] += Weight(weights, i);
            first = Math.Min(first, digit);
            last = Math.Max(last, digit);
        }

        return (first, last);
    }

    /// <summary>The first bucket in which the running mass reaches the target, else the last one that is not empty. Clears the buckets.</summary>
    private int Reach(int first, int last, ref double nearer, double target)
    {
        int found = first;
        double before = nearer, sum = nearer;
        for (int bucket = first; bucket <= last; bucket++)
        {
            if (_counts[bucket] != 0)
            {
                (found, before) = (bucket, sum);
                sum += _masses[bucket];
                if (sum >= target)
                {
                    break;
                }
            }
        }

        nearer = before;
        _counts.AsSpan(first, last - first + 1).Clear();
        _masses.AsSpan(first, last - first + 1).Clear();
        return found;
    }
}
