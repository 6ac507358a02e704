namespace Razum.Training.Data;

/// <summary>Pseudo-random orders as pure functions: nothing to keep, nothing to replay.</summary>
public static class Shuffle
{
    /// <summary>Where <paramref name="index"/> goes in a permutation of [0, count) chosen by <paramref name="key"/>.</summary>
    public static long Permute(long index, long count, ulong key)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        int half = 1;
        while (1L << (2 * half) < count)
        {
            half++;
        }

        // A Feistel network permutes [0, 4^half); values outside are sent on until they fall inside.
        ulong mask = (1UL << half) - 1;
        ulong value = (ulong)index;
        do
        {
            ulong left = value >> half;
            ulong right = value & mask;
            for (ulong round = 0; round < 4; round++)
            {
                (left, right) = (right, left ^ (Mix(key + (round << 56) + right) & mask));
            }

            value = (left << half) | right;
        }
        while (value >= (ulong)count);

        return (long)value;
    }

    /// <summary>64 well mixed bits of two numbers.</summary>
    public static ulong Hash(ulong a, ulong b) => Mix(Mix(a) ^ (b * 0x9e3779b97f4a7c15));

    // The finisher of splitmix64.
    private static ulong Mix(ulong x)
    {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
