using System.Text;
using System.Text.RegularExpressions;
using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>
/// The share of words in the target language, told by its script (R1's reward against mixed thinking, arXiv 2501.12948, 2.3.2). Each Chinese character is a
/// word. LaTeX commands, numbers and single Latin letters (variables) count for no language. No words at all score 0.
/// </summary>
internal sealed partial class LanguageVerifier(string script, bool thinking) : Verifier
{
    private static readonly string[] s_scripts = ["latin", "cyrillic", "greek", "arabic", "hebrew", "devanagari", "thai", "hangul", "kana", "han"];

    public override string Name => "language";

    public override bool JudgesAnswer => false;

    public static LanguageVerifier Read(RunFields fields) =>
        new(fields.Choice("script", "latin", [.. s_scripts, "japanese"]), fields.Choice("where", "thinking", "thinking", "all") == "thinking");

    protected override Verdict Judge(Problem problem, Completion completion)
    {
        (int words, int own, string? current, int length) = (0, 0, null, 0);
        foreach (Rune rune in Marks().Replace(thinking ? completion.Thinking : completion.Whole, " ").EnumerateRunes())
        {
            string? next = Rune.IsLetter(rune) ? Script(rune.Value) : null;
            if (next != current || next is null or "han")
            {
                Close();
                (current, length) = (next, 0);
            }

            length++;
        }

        Close();
        return Verdict.Graded(words == 0 ? 0 : (double)own / words, 1);

        void Close()
        {
            if (current is not null && !(current == "latin" && length == 1))
            {
                words++;
                own += current == script || (script == "japanese" && current is "kana" or "han") ? 1 : 0;
            }
        }
    }

    private static string Script(int c) => c switch
    {
        < 0x250 or (>= 0x1E00 and < 0x1F00) => "latin",
        >= 0x370 and < 0x400 => "greek",
        >= 0x400 and < 0x530 => "cyrillic",
        >= 0x590 and < 0x600 => "hebrew",
        >= 0x600 and < 0x780 => "arabic",
        >= 0x900 and < 0x980 => "devanagari",
        >= 0xE00 and < 0xE80 => "thai",
        >= 0x3040 and < 0x3100 => "kana",
        (>= 0xAC00 and < 0xD7B0) or (>= 0x1100 and < 0x1200) => "hangul",
        (>= 0x3400 and < 0xA000) or (>= 0xF900 and < 0xFB00) or (>= 0x20000 and < 0x32000) => "han",
        _ => "other",
    };

    [GeneratedRegex(@"\\[A-Za-z]+|</?(?:think|answer)>", RegexOptions.CultureInvariant)]
    private static partial Regex Marks();
}
