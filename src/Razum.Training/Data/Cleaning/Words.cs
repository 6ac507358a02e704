using System.Globalization;
using System.Text;

namespace Razum.Training.Data.Cleaning;

/// <summary>
/// Texts as words, so that spelling in another case, spacing or punctuation does not make another text: small letters, wide forms as their
/// plain ones, runs of letters and digits. Signs of arithmetic stay words of their own: 2+3 is not 2*3.
/// </summary>
internal static class Words
{
    public static List<string> Of(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        foreach (Rune written in text.EnumerateRunes())
        {
            Rune rune = written.Value is >= 0xFF01 and <= 0xFF5E ? new Rune(written.Value - 0xFEE0) : written;
            if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark)
            {
                word.Append(Rune.ToLowerInvariant(rune).ToString());
                continue;
            }

            End();
            if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.MathSymbol || rune.Value is '*' or '/' or '-' or '%' or '^')
            {
                words.Add(rune.ToString());
            }
        }

        End();
        return words;

        void End()
        {
            if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
    }

    /// <summary>The words as one text.</summary>
    public static string Normalise(string text) => string.Join(' ', Of(text));

    /// <summary>64-bit hashes of all runs of <paramref name="length"/> words.</summary>
    public static IEnumerable<ulong> Runs(IReadOnlyList<string> words, int length)
    {
        for (int i = 0; i + length <= words.Count; i++)
        {
            yield return Hash(words, i, length);
        }
    }

    /// <summary>A 64-bit FNV-1a hash of some words, well mixed at its end.</summary>
    public static ulong Hash(IReadOnlyList<string> words, int start, int count)
    {
        ulong hash = 0xCBF29CE484222325;
        for (int i = start; i < start + count; i++)
        {
            foreach (char c in words[i])
            {
                hash = (hash ^ c) * 0x100000001B3;
            }

            hash = (hash ^ ' ') * 0x100000001B3;
        }

        return Shuffle.Hash(hash, 0);
    }
}
