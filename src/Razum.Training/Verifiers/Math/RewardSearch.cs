using System.Text.RegularExpressions;

namespace Razum.Training.Verifiers.Math;

/// <summary>
/// Finds the answer for a reward: in the one answer part or in boxes, never just anywhere. Of all boxes together, so that several guesses are a set, which
/// equals no single truth.
/// </summary>
internal static partial class RewardSearch
{
    /// <summary>The answer after the thinking, null where none is in the form asked for.</summary>
    public static ParsedAnswer? Find(string final, StepBudget budget)
    {
        MatchCollection parts = Answer().Matches(final);
        if (parts.Count > 1)
        {
            return null;
        }

        string inside = parts.Count == 1 ? parts[0].Groups[1].Value : final;
        if (Boxes.Find(inside, true) is [var boxes])
        {
            return ParsedAnswer.Parse(boxes.Text, boxes.IsPercent, budget);
        }

        return parts.Count == 1 ? Whole(inside, budget) : null;
    }

    /// <summary>The right answer as a data set gives it: a box in it, or the one piece of LaTeX in it, or all of it.</summary>
    public static ParsedAnswer Truth(string text, StepBudget budget) =>
        Boxes.Find(text, true).Count == 0 && Environments.Find(text) is [var one] && Environments.IsDelimited(text, one) ? ParsedAnswer.Parse(one.Text, one.IsPercent, budget) : Whole(text, budget);

    // A text that is an answer: a box in it, or nothing but one piece of LaTeX, or all of it.
    private static ParsedAnswer Whole(string text, StepBudget budget)
    {
        if (Boxes.Find(text, true) is [var boxes])
        {
            return ParsedAnswer.Parse(boxes.Text, boxes.IsPercent, budget);
        }

        if (text.Length > Lexer.MaxLength)
        {
            return new ParsedAnswer(text, null); // too long for an answer, and for searching it
        }

        if (Environments.Find(text) is [var one] && Rest().IsMatch(text[..one.Start] + text[one.End..]))
        {
            return ParsedAnswer.Parse(one.Text, one.IsPercent, budget);
        }

        string plain = text.Trim();
        return ParsedAnswer.Parse(PlainNumber.Find(plain, 0, plain.Length) is [{ Start: 0 } number] && number.End == plain.Length ? PlainNumber.Normalise(plain) : plain, false, budget);
    }

    [GeneratedRegex(@"<answer>((?:(?!<answer>|</answer>)[\s\S])*)</answer>", RegexOptions.CultureInvariant)]
    private static partial Regex Answer();

    [GeneratedRegex(@"^[\s.]*(?:\\?%|percent)?[\s.]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Rest();
}
