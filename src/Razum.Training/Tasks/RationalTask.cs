using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Razum.Training.Tasks;

/// <summary>
/// A task whose answer is a fraction in lowest terms, or an integer without a denominator. Comparing text is exact: the stored answer is in lowest
/// terms, so a fraction that is not differs from it and is wrong.
/// </summary>
internal abstract partial class RationalTask : SolvedTask
{
    protected sealed override bool IsWellFormed(string answer, JsonObject truth)
    {
        Match match = Fraction().Match(answer);
        bool hasDenominator = match.Groups[2].Success;
        return match.Success && !(hasDenominator && (match.Groups[2].ValueSpan is "1" || match.Groups[1].ValueSpan is "0"));
    }

    protected static JsonValue Answer(int numerator, int denominator) =>
        denominator == 0 ? throw new InvalidDataException("truth: the denominator is zero") : JsonValue.Create(new Rational(numerator, denominator).ToString());

    [GeneratedRegex(@"^(0|-?[1-9][0-9]{0,40})(?:/([1-9][0-9]{0,40}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Fraction();
}
