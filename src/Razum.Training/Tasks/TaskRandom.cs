using System.Numerics;

namespace Razum.Training.Tasks;

/// <summary>
/// Random numbers of one problem, a function of (seed, stream, index) alone: xoshiro256** (Blackman and Vigna 2018), its state filled by SplitMix64.
/// Not for secrets. Pass it by reference: a copy repeats the same numbers.
/// </summary>
public struct TaskRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>Numbers of problem <paramref name="index"/> of <paramref name="stream"/> (e.g. training or evaluation) under <paramref name="seed"/>.</summary>
    public TaskRandom(ulong seed, ulong stream, ulong index)
    {
        // Each of the three is mixed before the next is added: neighbouring triples start far apart.
        ulong start = Mix(Mix(Mix(seed + Golden) + stream + Golden) + index);
        _a = Mix(start += Golden);
        _b = Mix(start += Golden);
        _c = Mix(start += Golden);
        _d = Mix(start + Golden);
    }

    /// <summary>A uniform integer, both ends included; every value is exactly equally likely.</summary>
    public int Next(int low, int high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(high, low);
        ulong range = (ulong)((long)high - low) + 1;

        // Lemire 2019: the high word of x * range, rejecting the 2^64 mod range lowest products.
        ulong product = Math.BigMul(NextBits(), range, out ulong rest);
        if (rest < range)
        {
            ulong threshold = (0 - range) % range;
            while (rest < threshold)
            {
                product = Math.BigMul(NextBits(), range, out rest);
            }
        }

        return (int)(low + (long)product);
    }

    /// <summary>A uniform multiple of 2^-53 in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>One of <paramref name="items"/>, each equally likely.</summary>
    public T Pick<T>(ReadOnlySpan<T> items) => items[Next(0, items.Length - 1)];

    /// <summary>Puts <paramref name="items"/> in random order (Fisher and Yates), every order equally likely.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Next(0, i);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
