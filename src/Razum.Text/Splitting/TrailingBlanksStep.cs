namespace Razum.Text.Splitting;

/// <summary><c>\s+$</c> of DeepSeek-LLM: blanks up to an end of line (Oniguruma's <c>$</c> also stands before a line feed).</summary>
internal sealed class TrailingBlanksStep : SplitStep
{
    public const string Pattern = @"\s+$";

    public override bool Next(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        start = from;
        while (start < text.Length)
        {
            uint bit = CharClass.At(text, start, out int length);
            if ((bit & CharClass.Blank) == 0)
            {
                start += length;
                continue;
            }

            int run = CharClass.SkipRun(text, start, CharClass.Blank);
            end = run == text.Length ? run : start + Math.Max(text[start..run].LastIndexOf('\n'), 0);
            if (end > start)
            {
                return true;
            }

            start = run;
        }

        end = start;
        return false;
    }
}
