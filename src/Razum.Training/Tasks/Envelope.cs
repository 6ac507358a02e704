using System.Buffers;

namespace Razum.Training.Tasks;

/// <summary>
/// The form every task demands: white space, <c>&lt;think&gt; ANY &lt;/think&gt;</c>, white space, <c>&lt;answer&gt; ANY &lt;/answer&gt;</c>, white space,
/// each tag exactly once. White space is space, tab, CR and LF only. The thinking is never judged.
/// </summary>
internal static class Envelope
{
    private const int MaxCharacters = 20_000; // Unicode code points
    private const string White = " \n\t\r";

    private static readonly SearchValues<char> s_white = SearchValues.Create(White);

    /// <summary>
    /// Takes the answer out. The outcome is <see cref="TaskOutcome.Correct"/> when the form is right and the answer is printable ASCII: the task decides then.
    /// </summary>
    public static TaskVerdict Open(string prefix, string completion, bool ended)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(completion);
        if (!ended)
        {
            return new TaskVerdict(TaskOutcome.Truncated, null);
        }

        string text = prefix + completion;
        int start = IndexOfOnly(text, "<think>");
        int thought = IndexOfOnly(text, "</think>");
        int open = IndexOfOnly(text, "<answer>");
        int close = IndexOfOnly(text, "</answer>");
        bool wellFormed = !IsTooLong(text)
            && start >= 0 && start < thought && thought < open && open < close
            && IsWhite(text.AsSpan(0, start))
            && IsWhite(text.AsSpan(thought + "</think>".Length, open - thought - "</think>".Length))
            && IsWhite(text.AsSpan(close + "</answer>".Length));
        if (!wellFormed)
        {
            return new TaskVerdict(TaskOutcome.Malformed, null);
        }

        string answer = text.AsSpan(open + "<answer>".Length, close - open - "<answer>".Length).Trim(White).ToString();
        bool printable = answer.Length > 0 && !answer.AsSpan().ContainsAnyExceptInRange(' ', '~');
        return new TaskVerdict(printable ? TaskOutcome.Correct : TaskOutcome.Unparseable, answer);
    }

    private static bool IsWhite(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(s_white);

    // The position of a tag that is there exactly once, else -1. No tag overlaps itself or another.
    private static int IndexOfOnly(string text, string tag)
    {
        int first = text.IndexOf(tag, StringComparison.Ordinal);
        return first >= 0 && text.IndexOf(tag, first + tag.Length, StringComparison.Ordinal) < 0 ? first : -1;
    }

    private static bool IsTooLong(string text)
    {
        int count = text.Length;
        for (int i = 1; i < text.Length && count > MaxCharacters; i++)
        {
            count -= char.IsSurrogatePair(text[i - 1], text[i]) ? 1 : 0; // a pair is one character
        }

        return count > MaxCharacters;
    }
}
