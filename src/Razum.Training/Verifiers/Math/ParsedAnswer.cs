using System.Text.RegularExpressions;

namespace Razum.Training.Verifiers.Math;

/// <summary>An answer as it was found; <paramref name="Node"/> is null where it is not mathematics that can be read.</summary>
internal sealed partial record ParsedAnswer(string Source, Node? Node)
{
    public static ParsedAnswer Parse(string source, bool percent, StepBudget budget)
    {
        Node? node;
        try
        {
            // Long runs of letters are words, not a product: else every anagram of "east" would equal it.
            node = IsSentence(source) ? null : OnlyWords().IsMatch(source) ? new Words(source.Trim()) : ExpressionParser.Parse(source, budget);
        }
        catch (NoValueException)
        {
            node = null;
        }

        return new ParsedAnswer(source, percent && node is not (null or Call { Name: "percent" }) ? new Call("percent", node) : node);
    }

    // Words outside of \text with something else between or beside them are prose.
    private static bool IsSentence(string source) => !OnlyWords().IsMatch(source) && Word().Count(Text().Replace(source, "")) >= 2;

    [GeneratedRegex(@"\\(?:text[a-z]*|mbox|mathrm|operatorname|begin|end)\s*\{[^{}]*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Text();

    [GeneratedRegex(@"(?<![\\A-Za-z])(?!(?:sin|cos|tan|log|sqrt|exp|and|arctan|arcsin|arccos|infty|infinity|percent|pct)[^A-Za-z])[A-Za-z][a-z]{2,}(?![A-Za-z])", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"^[\s$]*(?=[A-Za-z ]*[A-Za-z]{4})(?!infinity|infty)[A-Za-z ]+[\s$.]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex OnlyWords();
}
