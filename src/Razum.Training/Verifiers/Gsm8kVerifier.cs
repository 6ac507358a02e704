using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Razum.Training.Runs;
using Razum.Training.Tasks;

namespace Razum.Training.Verifiers;

/// <summary>
/// Answers as GSM8K writes them, <c>#### 42</c>. <c>strict</c> is the published reading, compared as text; <c>numeric</c> the same place compared as a number;
/// <c>flexible</c> takes the last number of the text, as evaluation harnesses do.
/// </summary>
internal sealed partial class Gsm8kVerifier(string reading) : Verifier
{
    public override string Name => "gsm8k";

    public static Gsm8kVerifier Read(RunFields fields) => new(fields.Choice("reading", "numeric", "numeric", "strict", "flexible"));

    /// <summary>The first number behind <c>#### </c>, commas removed.</summary>
    public static string? Marked(string text) => Mark().Match(text) is { Success: true } match ? match.Groups[1].Value.Replace(",", "", StringComparison.Ordinal) : null;

    /// <summary>The last number of the text as it stands.</summary>
    public static string? Last(string text) => AnyNumber().Matches(text) is { Count: > 0 } all ? all[^1].Value : null;

    /// <summary>A decimal as an exact fraction; a point at the end is allowed. Null for anything else.</summary>
    public static Rational? Number(string text)
    {
        Match match = Decimal().Match(text.TrimEnd('.'));
        if (!match.Success)
        {
            return null;
        }

        string whole = match.Groups[2].Value, part = match.Groups[3].Value;
        BigInteger digits = BigInteger.Parse("0" + whole + part, CultureInfo.InvariantCulture);
        return new Rational(match.Groups[1].Length > 0 ? -digits : digits, BigInteger.Pow(10, part.Length));
    }

    public override string WrittenAnswer(Problem problem) => $"#### {Gold(problem)}";

    protected override Verdict Judge(Problem problem, Completion completion)
    {
        string gold = Gold(problem);
        if (Number(gold) is not { } truth)
        {
            return Verdict.Error($"{Name}: {problem.Source}: the right answer is no number");
        }

        string text = completion.Final;
        switch (reading)
        {
            case "flexible":
                string? last = Last(text);
                return last is null ? Verdict.NoAnswer() : Verdict.Of(Dressing().Replace(last, "") == gold, last);
            case "strict":
                return Marked(text) is { } marked ? Verdict.Of(marked == gold, marked) : Verdict.NoAnswer("no number behind ####");
            default:
                return Marked(text) is { Length: <= 100 } found && Number(found) is { } number ? Verdict.Of(number == truth, found) : Verdict.NoAnswer("no number behind ####");
        }
    }

    // The data set's own answers end in "#### 42"; a bare number is as good.
    private static string Gold(Problem problem) => Marked(problem.Answer) ?? problem.Answer.Trim().Replace(",", "", StringComparison.Ordinal);

    [GeneratedRegex(@"#### (\-?[0-9\.\,]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();

    [GeneratedRegex(@"-?[$0-9.,]{2,}|-?[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex AnyNumber();

    [GeneratedRegex(@"[$,]|\.\z", RegexOptions.CultureInvariant)]
    private static partial Regex Dressing();

    [GeneratedRegex(@"^(-?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Decimal();
}
