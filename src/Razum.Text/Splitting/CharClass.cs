using System.Globalization;

namespace Razum.Text.Splitting;

/// <summary>
/// The character classes of the published pre-tokenizer patterns (Unicode 16) as sets of general categories. A class is a mask with one bit per category;
/// two categories that Unicode does not have split the controls: 30 = blank controls (tab, U+0085, ...), 31 = CR and LF. So <c>\s</c>, <c>[\r\n]</c>
/// and every negated class are masks too, and a test of one character is a table look-up and an AND.
/// A lone surrogate counts as U+FFFD, which is what it becomes in UTF-8.
/// </summary>
internal static class CharClass
{
    /// <summary><c>\p{L}</c></summary>
    public const uint Letter = 0x1F;

    /// <summary><c>\p{M}</c></summary>
    public const uint Mark = 7u << (int)UnicodeCategory.NonSpacingMark;

    /// <summary><c>\p{N}</c></summary>
    public const uint Number = 7u << (int)UnicodeCategory.DecimalDigitNumber;

    /// <summary><c>\p{P}</c></summary>
    public const uint Punctuation = 0x7Fu << (int)UnicodeCategory.ConnectorPunctuation;

    /// <summary><c>\p{S}</c></summary>
    public const uint Symbol = 0xFu << (int)UnicodeCategory.MathSymbol;

    /// <summary><c>[\r\n]</c></summary>
    public const uint LineBreak = 1u << LineBreakCategory;

    /// <summary><c>\s</c>: White_Space (U+0085 belongs to it, U+001C..1F and U+200B do not).</summary>
    public const uint Blank = (7u << (int)UnicodeCategory.SpaceSeparator) | (1u << BlankControlCategory) | LineBreak;

    private const int BlankControlCategory = 30;
    private const int LineBreakCategory = 31;
    private const uint ReplacementCharacter = 1u << (int)UnicodeCategory.OtherSymbol;

    private static readonly byte[] s_categories = BuildCategories();

    /// <summary>The category bit of the code point that begins at <paramref name="index"/>; <paramref name="length"/> = its UTF-16 units.</summary>
    public static uint At(ReadOnlySpan<char> text, int index, out int length)
    {
        char c = text[index];
        length = 1;
        if (!char.IsSurrogate(c))
        {
            return 1u << s_categories[c];
        }

        if (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return 1u << (int)CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(c, text[index + 1]));
        }

        return ReplacementCharacter;
    }

    /// <summary>Does a code point of <paramref name="mask"/> begin at <paramref name="index"/>? False at the end of the text.</summary>
    public static bool Is(ReadOnlySpan<char> text, int index, uint mask) => index < text.Length && (At(text, index, out _) & mask) != 0;

    /// <summary>The end of the longest run of <paramref name="mask"/> that begins at <paramref name="index"/>.</summary>
    public static int SkipRun(ReadOnlySpan<char> text, int index, uint mask)
    {
        while (index < text.Length && (At(text, index, out int length) & mask) != 0)
        {
            index += length;
        }

        return index;
    }

    /// <summary>The code point at <paramref name="index"/>; U+FFFD for a lone surrogate.</summary>
    public static int CodePointAt(ReadOnlySpan<char> text, int index, out int length)
    {
        char c = text[index];
        length = 1;
        if (!char.IsSurrogate(c))
        {
            return c;
        }

        if (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return char.ConvertToUtf32(c, text[index + 1]);
        }

        return 0xFFFD;
    }

    private static byte[] BuildCategories()
    {
        byte[] categories = new byte[0x10000];
        for (int c = 0; c < categories.Length; c++)
        {
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory((char)c);
            categories[c] = category == UnicodeCategory.Control && char.IsWhiteSpace((char)c)
                ? (byte)(c is '\r' or '\n' ? LineBreakCategory : BlankControlCategory)
                : (byte)category;
        }

        return categories;
    }
}
