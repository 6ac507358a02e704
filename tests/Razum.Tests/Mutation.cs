using System.Globalization;

namespace Razum.Tests;

/// <summary>Damage for fuzz tests: a few changes at random places of a file.</summary>
internal static class Mutation
{
    /// <summary>How many times as many inputs as usual: the environment variable <c>RAZUM_FUZZ</c>.</summary>
    public static int Times { get; } = int.TryParse(Environment.GetEnvironmentVariable("RAZUM_FUZZ"), CultureInfo.InvariantCulture, out int times) ? times : 1;

    /// <summary>A copy with from one to <paramref name="most"/> changes: other bytes, flipped bits, parts missing or doubled, bytes that mean something to the format.</summary>
    /// <param name="bytes">The file; not changed.</param>
    /// <param name="random">Fixes the changes.</param>
    /// <param name="codes">Bytes with a meaning in the format.</param>
    /// <param name="most">The most changes.</param>
    public static byte[] Of(byte[] bytes, Random random, ReadOnlySpan<byte> codes, int most)
    {
        List<byte> result = [.. bytes];
        for (int n = random.Next(1, most + 1); n > 0 && result.Count > 0; n--)
        {
            int at = random.Next(result.Count);
            switch (random.Next(6))
            {
                case 0:
                    result[at] = (byte)random.Next(256);
                    break;
                case 1:
                    result[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    result.RemoveRange(at, Math.Min(random.Next(1, 20), result.Count - at));
                    break;
                case 3:
                    result.InsertRange(at, result.GetRange(at, Math.Min(random.Next(1, 30), result.Count - at)));
                    break;
                case 4:
                    result.Insert(at, codes[random.Next(codes.Length)]);
                    break;
                default:
                    result[at] = codes[random.Next(codes.Length)];
                    break;
            }
        }

        return [.. result];
    }
}
