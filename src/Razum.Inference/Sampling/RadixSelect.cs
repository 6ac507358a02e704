namespace Razum.Inference.Sampling;

/// <summary>
/// Finds how many of the nearest tokens are needed for a count (top-k) or a mass of probability (top-p), without sorting. The bits of a
/// non-negative double order as the number does, so one pass over the tokens sums their mass per leading eleven bits; only the bucket in which the
/// target is reached is looked at more closely. Six passes at worst, over ever fewer tokens: O(V) whatever the values are.
/// </summary>
internal sealed class RadixSelect(int capacity)
{
    private const int Digits = 11;
    private const int Buckets = 1 << Digits;

    private readonly int[] _members = new int[capacity];
    private readonly int[] _counts = new int[Buckets];
    private readonly double[] _masses = new double[Buckets];

    /// <summary>The border of the <paramref name="count"/> nearest tokens; count is at most the number of tokens.</summary>
    public Border ByCount(ReadOnlySpan<double> distances, int count) => Find(distances, [], count);

    /// <summary>The border of the fewest nearest tokens whose weights sum to at least <paramref name="mass"/>; all of them if rounding keeps the sum below it.</summary>
    public Border ByMass(ReadOnlySpan<double> distances, ReadOnlySpan<double> weights, double mass) => Find(distances, weights, mass);

    private Border Find(ReadOnlySpan<double> distances, ReadOnlySpan<double> weights, double target)
    {
        int members = distances.Length;
        for (int i = 0; i < members; i++)
        {
            _members[i] = i;
        }

        double nearer = 0; // mass of everything before the current bucket
        for (int shift = 64 - Digits; members > 1 && shift > -Digits; shift -= Digits)
        {
            Count(distances, weights, members, shift);
            int bucket = Reach(ref nearer, target);
            int kept = 0;
            for (int m = 0; m < members; m++)
            {
                int i = _members[m];
                _members[kept] = i;
                kept += Digit(distances[i], shift) == bucket ? 1 : 0;
            }

            members = kept;
        }

        // What is left has one distance, hence one weight.
        int ties = 1;
        for (double weight = Weight(weights, _members[0]), sum = nearer + weight; ties < members && sum < target; ties++)
        {
            sum += weight;
        }

        return new Border(distances[_members[0]], ties);
    }

    private static int Digit(double distance, int shift)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(distance);
        return (int)(shift >= 0 ? bits >> shift : bits << -shift) & (Buckets - 1);
    }

    private static double Weight(ReadOnlySpan<double> weights, int index) => weights.IsEmpty ? 1 : weights[index];

    private void Count(ReadOnlySpan<double> distances, ReadOnlySpan<double> weights, int members, int shift)
    {
        Array.Clear(_counts);
        Array.Clear(_masses);
        for (int m = 0; m < members; m++)
        {
            int i = _members[m];
            int digit = Digit(distances[i], shift);
            _counts[digit]++;
            _masses[digit] += Weight(weights, i);
        }
    }

    /// <summary>The first bucket in which the running mass reaches the target, else the last one that is not empty.</summary>
    private int Reach(ref double nearer, double target)
    {
        int last = -1;
        double before = nearer, sum = nearer;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            if (_counts[bucket] != 0)
            {
                (last, before) = (bucket, sum);
                sum += _masses[bucket];
                if (sum >= target)
                {
                    break;
                }
            }
        }

        nearer = before;
        return last;
    }
}
