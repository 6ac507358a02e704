namespace Razum.Text.Splitting;

/// <summary>
/// A run of one character class, <c>X+</c>, <c>X</c> or <c>X{1,n}</c>, with an optional blank before it (<c>\s?</c>): digits, CJK, and the letter,
/// punctuation and line steps of DeepSeek-LLM and DeepSeek-Coder.
/// </summary>
internal sealed class ClassRunStep(CodePointSet set, int maxLength, bool blankBefore) : SplitStep
{
    private readonly CodePointSet _set = set;
    private readonly int _maxLength = maxLength;
    private readonly bool _blankBefore = blankBefore;

    public override bool Next(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        start = from;
        while (start < text.Length)
        {
            uint bit = CharClass.At(text, start, out int length);
            int first = _blankBefore && (bit & CharClass.Blank) != 0 ? start + length : start;
            end = EndOfRun(text, first);
            if (end == first && first > start)
            {
                end = EndOfRun(text, start); // the class itself may hold blanks (U+3000)
                first = start;
            }

            if (end > first)
            {
                return true;
            }

            start += length;
        }

        end = start;
        return false;
    }

    private int EndOfRun(ReadOnlySpan<char> text, int index)
    {
        for (int n = 0; n < _maxLength && index < text.Length && _set.Contains(text, index, out int length); n++)
        {
            index += length;
        }

        return index;
    }
}
