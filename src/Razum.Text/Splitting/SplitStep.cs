namespace Razum.Text.Splitting;

/// <summary>
/// One step of a pre-tokenizer: finds the matches of one published pattern, hand-written over code points. Its matches and the gaps between them become
/// pieces, and the next step works inside each piece (so "end of text" in a pattern means the end of the piece). Every step is linear in the text.
/// </summary>
internal abstract class SplitStep
{
    /// <summary>The first match at or after <paramref name="from"/>, as [start, end), never empty. False: none.</summary>
    public abstract bool Next(ReadOnlySpan<char> text, int from, out int start, out int end);

    /// <summary>
    /// The end of <c>\s+(?!\S)|\s+</c> at a blank: a run of blanks leaves its last one to the word behind it. Blanks are single UTF-16 units.
    /// </summary>
    protected static int EndOfBlanks(ReadOnlySpan<char> text, int start)
    {
        int end = CharClass.SkipRun(text, start, CharClass.Blank);
        return end == text.Length || end - start == 1 ? end : end - 1;
    }

    /// <summary>The end of <c>\s*[\r\n]+|\s+(?!\S)|\s+</c> at a blank: as above, but a run with line breaks ends behind the last of them.</summary>
    protected static int EndOfBlanksOrLines(ReadOnlySpan<char> text, int start)
    {
        int end = CharClass.SkipRun(text, start, CharClass.Blank);
        int last = text[start..end].LastIndexOfAny('\r', '\n');
        return last >= 0 ? start + last + 1 : end == text.Length || end - start == 1 ? end : end - 1;
    }

    /// <summary>The length of <c>'s|'t|'re|'ve|'m|'ll|'d</c> at an apostrophe, 0 = none. Folding case, U+017F (long s) is an s too.</summary>
    protected static int ContractionLength(ReadOnlySpan<char> text, int start, bool foldCase)
    {
        if (start + 1 >= text.Length)
        {
            return 0;
        }

        char first = Fold(text[start + 1], foldCase);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        if (start + 2 >= text.Length)
        {
            return 0;
        }

        char second = Fold(text[start + 2], foldCase);
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private static char Fold(char c, bool foldCase) => !foldCase ? c : char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c == '\u017F' ? 's' : c;
}
