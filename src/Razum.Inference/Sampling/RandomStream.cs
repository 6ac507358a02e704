namespace Razum.Inference.Sampling;

/// <summary>
/// Uniform numbers of one request: number n is a function of (seed, n) alone, so a draw depends neither on neighbours nor on what was drawn before.
/// SplitMix64 (Steele, Lea and Flood 2014): mix(s + (n + 1) * golden) with s = mix(seed), so that neighbouring seeds start far apart.
/// </summary>
internal readonly struct RandomStream(ulong seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly ulong _start = Mix(seed + Golden);

    /// <summary>Number <paramref name="index"/>, in [0, 1), a multiple of 2^-53.</summary>
    public double this[long index] => (Mix(_start + (((ulong)index + 1) * Golden)) >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
