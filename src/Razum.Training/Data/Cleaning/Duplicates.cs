namespace Razum.Training.Data.Cleaning;

/// <summary>
/// Finds texts that were seen before: exactly, after normalisation, and nearly, by MinHash over runs of five words (Broder 1997) with buckets: the estimated
/// share of common runs must reach a threshold. Memory grows by about a kilobyte a text. Not for several threads.
/// </summary>
/// <param name="threshold">Least estimated similarity, 0 to 1, at which a text counts as a near duplicate; null finds exact ones alone.</param>
public sealed class Duplicates(double? threshold = null)
{
    // 32 buckets of 4 values: texts that share 70 % of their runs meet in some bucket with probability 1 - (1 - 0.7^4)^32 = 0.9998.
    private const int Buckets = 32;
    private const int Rows = 4;
    private const int RunLength = 5;

    private readonly Dictionary<(ulong, int), int> _exact = [];
    private readonly Dictionary<(int Bucket, ulong Key), List<int>> _buckets = [];
    private readonly List<ulong[]> _signatures = [];
    private int _count;

    /// <summary>
    /// Adds a text; the result is the number (from 0, in the order of adding) of an earlier text that it repeats, or null for a new one. A repeated text takes
    /// a number too, but nothing is compared with it later.
    /// </summary>
    public int? Add(string text)
    {
        int number = _count++;
        List<string> words = Words.Of(text);
        (ulong, int) key = (Words.Hash(words, 0, words.Count), words.Count);
        if (_exact.TryGetValue(key, out int same))
        {
            return same;
        }

        ulong[] signature = threshold is null ? [] : Sign(words);
        if (threshold is { } least && Near(signature, least) is { } near)
        {
            return near;
        }

        _exact[key] = number;
        if (threshold is not null)
        {
            Keep(signature, number);
        }

        return null;
    }

    /// <summary>For each of the hash functions the least hash of a run. Texts shorter than a run are one run.</summary>
    private static ulong[] Sign(List<string> words)
    {
        ulong[] signature = new ulong[Buckets * Rows];
        Array.Fill(signature, ulong.MaxValue);
        IEnumerable<ulong> runs = words.Count < RunLength ? [Words.Hash(words, 0, words.Count)] : Words.Runs(words, RunLength);
        foreach (ulong run in runs)
        {
            for (int i = 0; i < signature.Length; i++)
            {
                signature[i] = Math.Min(signature[i], Shuffle.Hash(run, (ulong)i + 1));
            }
        }

        return signature;
    }

    private int? Near(ulong[] signature, double least)
    {
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            foreach (int candidate in _buckets.GetValueOrDefault((bucket, Key(signature, bucket))) ?? [])
            {
                ulong[] other = _signatures[candidate];
                int equal = signature.Where((value, i) => value == other[i]).Count();
                if (equal >= least * signature.Length)
                {
                    return (int)other[^1];
                }
            }
        }

        return null;
    }

    // The text's number stands behind its signature.
    private void Keep(ulong[] signature, int number)
    {
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            (int, ulong) key = (bucket, Key(signature, bucket));
            (_buckets.TryGetValue(key, out List<int>? list) ? list : _buckets[key] = []).Add(_signatures.Count);
        }

        _signatures.Add([.. signature, (ulong)number]);
    }

    private static ulong Key(ulong[] signature, int bucket)
    {
        ulong key = 0;
        for (int i = 0; i < Rows; i++)
        {
            key = Shuffle.Hash(key, signature[(bucket * Rows) + i]);
        }

        return key;
    }
}
