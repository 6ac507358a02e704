namespace Razum.Text.Splitting;

/// <summary>
/// The pattern of Llama 3 (tiktoken's cl100k: up to three digits together) and of Qwen 2/3 (single digits). Every character belongs to a match.
/// <code>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</code>
/// </summary>
internal sealed class Cl100kStep(int maxDigits) : SplitStep
{
    public const string Llama3Pattern = Head + @"\p{N}{1,3}" + Tail;
    public const string Qwen2Pattern = Head + @"\p{N}" + Tail;

    private const string Head = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Tail = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const uint Other = ~(CharClass.Blank | CharClass.Letter | CharClass.Number);

    private readonly int _maxDigits = maxDigits;

    public override bool Next(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        start = from;
        end = from < text.Length ? EndOfMatch(text, from) : from;
        return end > start;
    }

    private int EndOfMatch(ReadOnlySpan<char> text, int start)
    {
        char c = text[start];
        if (c == '\'' && ContractionLength(text, start, foldCase: true) is int contraction and > 0)
        {
            return start + contraction;
        }

        uint bit = CharClass.At(text, start, out int length);
        int next = start + length;
        if ((bit & CharClass.Letter) != 0)
        {
            return CharClass.SkipRun(text, next, CharClass.Letter);
        }

        if ((bit & CharClass.Number) != 0)
        {
            for (int digits = 1; digits < _maxDigits && next < text.Length && (CharClass.At(text, next, out length) & CharClass.Number) != 0; digits++)
            {
                next += length;
            }

            return next;
        }

        if ((bit & CharClass.LineBreak) == 0 && CharClass.Is(text, next, CharClass.Letter))
        {
            return CharClass.SkipRun(text, next, CharClass.Letter);
        }

        int first = c == ' ' ? next : start;
        int end = CharClass.SkipRun(text, first, Other);
        return end > first ? CharClass.SkipRun(text, end, CharClass.LineBreak) : EndOfBlanksOrLines(text, start);
    }
}
