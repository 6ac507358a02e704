using System.Text.RegularExpressions;
using Razum.Training.Runs;

namespace Razum.Training.Verifiers;

/// <summary>
/// Multiple choice by letter. The letter must be stated as the answer: in a box, in the answer part, behind "answer is" or "answer:", or at the very start as
/// "B." alone; two letters are none. The evaluation policy also takes the last letter that stands by itself.
/// </summary>
internal sealed partial class ChoiceVerifier(string letters, bool strict) : Verifier
{
    public override string Name => "choice";

    public static ChoiceVerifier Read(RunFields fields)
    {
        string letters = fields.Text("letters", "ABCD");
        return letters.All(char.IsAsciiLetterUpper)
            ? new ChoiceVerifier(letters, fields.Choice("policy", "reward", "reward", "evaluation") == "reward")
            : throw fields.Fault("letters", "expected capital letters");
    }

    protected override Verdict Judge(Problem problem, Completion completion)
    {
        string gold = problem.Answer.Trim().Trim('(', ')', '.').ToUpperInvariant();
        if (gold.Length != 1 || !letters.Contains(gold, StringComparison.Ordinal))
        {
            return Verdict.Error($"{Name}: {problem.Source}: the right answer is none of the letters {letters}");
        }

        if (strict && !completion.Ended)
        {
            return Verdict.NoAnswer("cut off");
        }

        return Find(completion.Final) is { } letter ? Verdict.Of(letter == gold[0], letter.ToString()) : Verdict.NoAnswer("not one letter stated as the answer");
    }

    /// <summary>The letter that <paramref name="text"/> states as its answer, as a capital.</summary>
    public char? Find(string text)
    {
        MatchCollection boxes = Box().Matches(text), parts = Part().Matches(text);
        if (boxes.Count > 0 || parts.Count > 0)
        {
            char?[] stated = [.. boxes.Concat(parts).Select(m => Box().IsMatch(m.Groups[1].Value) ? null : Alone(m.Groups[1].Value)).Distinct()];
            return parts.Count == 1 && boxes.Count > 0 ? Only([.. boxes.Select(m => Alone(m.Groups[1].Value)).Distinct()]) : Only(stated);
        }

        if (Anchor().Matches(text) is { Count: > 0 } anchors)
        {
            return Announced(text[(anchors[^1].Index + anchors[^1].Length)..]) ?? (strict ? null : LastByItself(text));
        }

        Match start = Start().Match(text);
        return start.Success && Known(start.Groups[1].Value[0]) is { } first ? first : strict ? null : LastByItself(text);
    }

    private static char? Only(char?[] stated) => stated.Length == 1 ? stated[0] : null;

    private char? Alone(string text) => Single().Match(text) is { Success: true } match ? Known(char.ToUpperInvariant(match.Groups[1].Value[0])) : null;

    private char? Known(char letter) => letters.Contains(letter, StringComparison.Ordinal) ? letter : null;

    // One letter, not joined with another one. A small letter must end the sentence: "the answer is a mistake".
    private char? Announced(string text)
    {
        Match match = Stated().Match(text);
        if (!match.Success || Known(char.ToUpperInvariant(match.Groups[1].Value[0])) is not { } letter)
        {
            return null;
        }

        string rest = text[match.Length..];
        bool ends = char.IsAsciiLetterUpper(match.Groups[1].Value[0]) || SentenceEnd().IsMatch(rest);
        return ends && !Another().IsMatch(rest) ? letter : null;
    }

    private char? LastByItself(string text) => ByItself().Matches(text).Select(m => Known(m.Value[0])).LastOrDefault(l => l is not null);

    [GeneratedRegex(@"\\(?:boxed|fbox)\s*\{((?:[^{}]|\{[^{}]*\})*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Box();

    [GeneratedRegex(@"<answer>((?:(?!</?answer>)[\s\S])*)</answer>", RegexOptions.CultureInvariant)]
    private static partial Regex Part();

    [GeneratedRegex(@"^[\s*_(\[$""']*(?:\\text\{)?[\s(]*([A-Za-z])[\s)\]}.*_$""']*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Single();

    [GeneratedRegex(@"\banswer\b(?:\s+is\b)?\s*:?(?:\s+is\b)?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Anchor();

    [GeneratedRegex(@"^[\s*_(\[$""':]*([A-Za-z])(?![A-Za-z0-9'])[)\]*_$""']*", RegexOptions.CultureInvariant)]
    private static partial Regex Stated();

    [GeneratedRegex(@"^\s*(?:[.,;:!)]|\z|\n)", RegexOptions.CultureInvariant)]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"^\s*(?:,|/|&|or\b|and\b|,\s*or\b)\s*[*(\[]*[A-Za-z](?![A-Za-z0-9'])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Another();

    [GeneratedRegex(@"^[\s*_(\[]*([A-Z])(?:[*_)\]]*[.):](?![A-Za-z0-9])|[*_)\]\s]*\z)", RegexOptions.CultureInvariant)]
    private static partial Regex Start();

    [GeneratedRegex(@"(?<![A-Za-z0-9'])[A-Z](?![A-Za-z0-9'])", RegexOptions.CultureInvariant)]
    private static partial Regex ByItself();
}
