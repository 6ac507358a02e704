using System.Text.RegularExpressions;
using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>
/// The form of a completion. <c>strict</c>: each of the four tags exactly once and in order, both parts filled, white space alone outside. <c>think</c>: the
/// thinking filled and closed once, an answer behind it, as R1 writes. <c>open_r1</c>, <c>open_r1_tags</c> and <c>trl</c>: those projects' own rewards.
/// </summary>
internal sealed partial class FormatVerifier(string style) : Verifier
{
    private const string Think = "<think>", EndThink = "</think>", Answer = "<answer>", EndAnswer = "</answer>";

    private static readonly string[] s_openR1Tags = ["<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>"];

    public override string Name => "format";

    public override bool JudgesAnswer => false;

    public static FormatVerifier Read(RunFields fields) => new(fields.Choice("style", "strict", "strict", "think", "open_r1", "open_r1_tags", "trl"));

    /// <summary>The trimmed answer of the strict form; null where the form is broken.</summary>
    public static string? StrictAnswer(string text)
    {
        int[] places = [Only(text, Think), Only(text, EndThink), Only(text, Answer), Only(text, EndAnswer)];
        if (places[0] < 0 || places[0] > places[1] || places[1] > places[2] || places[2] > places[3])
        {
            return null;
        }

        string answer = text[(places[2] + Answer.Length)..places[3]].Trim();
        bool clean = IsBlank(text.AsSpan(0, places[0])) && IsBlank(text.AsSpan((places[1] + EndThink.Length)..places[2])) && IsBlank(text.AsSpan(places[3] + EndAnswer.Length))
            && !IsBlank(text.AsSpan((places[0] + Think.Length)..places[1]));
        return clean && answer.Length > 0 ? answer : null;
    }

    /// <summary>A quarter for each of open-r1's four tags, with its line breaks, that is there exactly once.</summary>
    public static double TagShare(string text) => s_openR1Tags.Count(t => Only(text, t) >= 0) * 0.25;

    protected override Verdict Judge(Problem problem, Completion completion)
    {
        string text = completion.Whole;
        return style switch
        {
            "strict" => Verdict.Of(StrictAnswer(text) is not null),
            "think" => Verdict.Of(IsThinking(text)),
            "open_r1" => Verdict.Of(OpenR1().IsMatch(text)),
            "open_r1_tags" => Verdict.Graded(TagShare(text), 1),
            _ => Verdict.Of(text.StartsWith(Think, StringComparison.Ordinal) && Only(text, Think) == 0 && text.Contains(EndThink, StringComparison.Ordinal)),
        };
    }

    private static bool IsThinking(string text)
    {
        (int open, int close) = (Only(text, Think), Only(text, EndThink));
        return open >= 0 && open < close && IsBlank(text.AsSpan(0, open)) && !IsBlank(text.AsSpan((open + Think.Length)..close)) && !IsBlank(text.AsSpan(close + EndThink.Length));
    }

    private static bool IsBlank(ReadOnlySpan<char> text) => text.IsWhiteSpace();

    // Where a tag is that is there exactly once, else -1.
    private static int Only(string text, string tag)
    {
        int first = text.IndexOf(tag, StringComparison.Ordinal);
        return first >= 0 && text.IndexOf(tag, first + tag.Length, StringComparison.Ordinal) < 0 ? first : -1;
    }

    [GeneratedRegex(@"^<think>\n.*?\n</think>\n<answer>\n.*?\n</answer>$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex OpenR1();
}
