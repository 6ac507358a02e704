using System.Text.RegularExpressions;

namespace Razum.Training.Verifiers.Math;

/// <summary>
/// Numbers in plain text: separators of thousands (comma, space), a decimal point or comma, fractions, currencies, exponents, percent.
/// ASCII digits only. The 0 of an equation such as <c>3*x+13=0</c> is none.
/// </summary>
internal static partial class PlainNumber
{
    private const int LongestEquation = 200;

    public static List<Found> Find(string text, int from, int to)
    {
        List<Found> numbers = [];
        List<(int Start, int End)> equations = Equations(text);
        for (Match match = Number().Match(text, from); match.Success && match.Index < to; match = match.NextMatch())
        {
            Match number = match;
            int end = number.Index + number.Length;
            if (number.Index >= from && !equations.Exists(e => e.Start <= number.Index && end <= e.End))
            {
                numbers.Add(new Found(number.Index, end, number.Value, Environments.IsPercent(text, end)));
            }
        }

        return numbers;
    }

    /// <summary>A number as the parser reads it: no currency, no separators of thousands, a decimal point.</summary>
    public static string Normalise(string number)
    {
        string plain = Symbols().Replace(number, "");
        if (plain.Contains('/', StringComparison.Ordinal) && plain.Contains(' ', StringComparison.Ordinal))
        {
            return plain; // 2 1/2
        }

        plain = Thousands().IsMatch(plain) ? Separator().Replace(plain, "") : plain.Replace(',', '.');
        return plain.Replace('e', 'E');
    }

    // Equations in variables with the right side 0, found backwards from it.
    private static List<(int Start, int End)> Equations(string text)
    {
        List<(int, int)> equations = [];
        foreach (Match zero in ZeroSide().Matches(text))
        {
            int start = zero.Index;
            (bool letter, bool operation) = (false, false);
            while (start > 0 && zero.Index - start < LongestEquation && IsPart(start - 1))
            {
                start--;
                letter |= char.IsAsciiLetter(text[start]);
                operation |= text[start] is '+' or '-' or '*' or '^';
            }

            if (letter && operation)
            {
                equations.Add((start, zero.Index + zero.Length));
            }
        }

        return equations;

        // A single letter is a variable, a word the end of the equation.
        bool IsPart(int at) => char.IsAsciiDigit(text[at]) || text[at] is '+' or '-' or '*' or '/' or '^' or '(' or ')' or ' ' or '.'
            || (char.IsAsciiLetter(text[at]) && !(at > 0 && char.IsLetter(text[at - 1])) && !char.IsLetter(text[at + 1]));
    }

    [GeneratedRegex(@"(?<![A-Za-z0-9{\\_^.])(?<![0-9],)(?:(?<![0-9)]\s?)[-−+]\s?)?(?:\\?\$|€|£)?\s?(?:[0-9]+\s[0-9]{1,2}/[0-9]{1,3}(?![0-9])|(?:[1-9][0-9]{0,2}(?:[, ][0-9]{3})+(?![0-9])|[0-9]+)(?:[.,][0-9]+)?|[.,][0-9]+)(?:[eE][-+]?[0-9]{1,4}(?![A-Za-z0-9]))?(?:\s?/\s?[0-9]+)?|[½⅓⅔¼¾⅕⅛⅙]", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"=\s*0(?![.0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex ZeroSide();

    [GeneratedRegex(@"[\\$€£+]|\s(?![0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Symbols();

    [GeneratedRegex(@"^[-−]?\s?[1-9][0-9]{0,2}(?:[, ][0-9]{3})+(?![0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex Thousands();

    [GeneratedRegex(@"[, ]", RegexOptions.CultureInvariant)]
    private static partial Regex Separator();
}
