using System.Text;

namespace Razum.Text.Splitting;

/// <summary>When a step puts its prefix before a piece of text that does not begin with it.</summary>
internal enum PrefixRule
{
    Never,
    First,
    Always,
}

/// <summary>
/// A step that writes each piece anew: Metaspace (blanks become <c>▁</c>, one is put in front), the blank that ByteLevel may put in front, and the letters of
/// bytes where a step stands behind ByteLevel. A new character shares the span of the one it comes with.
/// </summary>
/// <param name="blank">What a blank becomes; a blank = unchanged.</param>
/// <param name="prefix">What is put in front.</param>
/// <param name="rule">When; First = only at the very start of the text.</param>
/// <param name="writesBytes">Write the bytes of the text in the byte alphabet.</param>
internal sealed class RewriteStep(char blank, char prefix, PrefixRule rule, bool writesBytes) : PieceStep
{
    /// <summary>Writes a piece; <paramref name="start"/> and <paramref name="end"/> give the span of a unit of it, <paramref name="isFirst"/>: the text starts with it.</summary>
    public Normalization.AlignedText Rewrite(ReadOnlySpan<char> text, Func<int, int> start, Func<int, int> end, bool isFirst)
    {
        var result = new Normalization.AlignedText();
        char first = text[0] == ' ' ? blank : text[0];
        if ((rule == PrefixRule.Always || (rule == PrefixRule.First && isFirst)) && first != prefix)
        {
            result.Append(prefix, start(0), end(0));
        }

        Span<byte> utf8 = stackalloc byte[4];
        for (int i = 0; i < text.Length;)
        {
            int c = CharClass.CodePointAt(text, i, out int length);
            c = c == ' ' ? blank : c;
            int bytes = writesBytes ? new Rune(c).EncodeToUtf8(utf8) : 1;
            for (int b = 0; b < bytes; b++)
            {
                result.Append(writesBytes ? ByteAlphabet.Letter(utf8[b]) : c, start(i), end(i));
            }

            i += length;
        }

        return result;
    }
}
