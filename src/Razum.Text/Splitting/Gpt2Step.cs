namespace Razum.Text.Splitting;

/// <summary>
/// GPT-2's pattern, also what a ByteLevel step with <c>use_regex</c> does. Every character belongs to a match.
/// <code>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</code>
/// </summary>
internal sealed class Gpt2Step : SplitStep
{
    public const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public override bool Next(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        start = from;
        end = from < text.Length ? EndOfMatch(text, from) : from;
        return end > start;
    }

    private static int EndOfMatch(ReadOnlySpan<char> text, int start)
    {
        char c = text[start];
        if (c == '\'' && ContractionLength(text, start, foldCase: false) is int contraction and > 0)
        {
            return start + contraction;
        }

        int first = c == ' ' ? start + 1 : start;
        if (first < text.Length)
        {
            uint bit = CharClass.At(text, first, out int length);
            uint run = (bit & CharClass.Letter) != 0 ? CharClass.Letter
                : (bit & CharClass.Number) != 0 ? CharClass.Number
                : (bit & CharClass.Blank) == 0 ? ~(CharClass.Blank | CharClass.Letter | CharClass.Number) : 0;
            if (run != 0)
            {
                return CharClass.SkipRun(text, first + length, run);
            }
        }

        return EndOfBlanks(text, start);
    }
}
