namespace Razum.Text.Splitting;

/// <summary>
/// The long pattern of DeepSeek-V3, the third step behind digits and CJK. Characters of no class it names (digits, controls, format characters) stay
/// between matches.
/// <code>[ASCII punctuation][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</code>
/// </summary>
internal sealed class DeepSeekStep : SplitStep
{
    public const string Pattern =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const uint Word = CharClass.Letter | CharClass.Mark;
    private const uint Sign = CharClass.Punctuation | CharClass.Symbol;

    public override bool Next(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        start = from;
        while (start < text.Length)
        {
            uint bit = CharClass.At(text, start, out int length);
            end = EndOfMatch(text, start, bit, start + length);
            if (end > start)
            {
                return true;
            }

            start += length;
        }

        end = start;
        return false;
    }

    private static int EndOfMatch(ReadOnlySpan<char> text, int start, uint bit, int next)
    {
        char c = text[start];
        if (c is > ' ' and < '\x7F' && (bit & Sign) != 0 && next < text.Length && char.IsAsciiLetter(text[next]))
        {
            int end = text[next..].IndexOfAnyExcept(s_asciiLetters);
            return end < 0 ? text.Length : next + end;
        }

        // A mark is a word character and may also be the one character before the word: both readings end at the same place.
        if ((bit & Word) != 0 || ((bit & (CharClass.LineBreak | Sign)) == 0 && CharClass.Is(text, next, Word)))
        {
            return CharClass.SkipRun(text, next, Word);
        }

        int first = c == ' ' ? next : start;
        int signs = CharClass.SkipRun(text, first, Sign);
        return signs > first ? CharClass.SkipRun(text, signs, CharClass.LineBreak)
            : (bit & CharClass.Blank) != 0 ? EndOfBlanksOrLines(text, start) : start;
    }

    private static readonly System.Buffers.SearchValues<char> s_asciiLetters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}
