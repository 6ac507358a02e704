using System.Text;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Works out a formula of + - * and one bracket in steps that a small model can take: every step rewrites all of it. Brackets go first; then products
/// of three and more numbers lose one; then long products are split by digits (<c>23*14=23*10+23*4</c>), the others multiplied, and sums taken in turn.
/// A division (<c>/</c>, or <c>//</c> without remainder) comes last, a long one digit by digit: <c>117//6;11/6=1r5,57/6=9r3;19</c>.
/// </summary>
internal static class Worked
{
    public static string Out(string formula)
    {
        StringBuilder trace = new();
        int open = formula.IndexOf('(');
        if (open >= 0)
        {
            int close = formula.IndexOf(')');
            string inner = "";
            foreach (string step in Steps(formula[(open + 1)..close]))
            {
                inner = step;
                if (step.AsSpan().ContainsAny('+', '-', '*'))
                {
                    trace.Append(formula, 0, open + 1).Append(step).Append(formula, close, formula.Length - close).Append('=');
                }
            }

            formula = $"{formula.AsSpan(0, open)}{inner}{formula.AsSpan(close + 1)}";
        }

        trace.AppendJoin('=', Steps(formula));
        if (formula.Contains('/'))
        {
            Divide(trace, int.Parse(formula.AsSpan(0, formula.IndexOf('/'))), int.Parse(formula.AsSpan(formula.LastIndexOf('/') + 1)));
        }

        return trace.ToString();
    }

    private static void Divide(StringBuilder trace, int value, int divisor)
    {
        if (value / divisor < 10)
        {
            trace.Append('=').Append(value / divisor);
            return;
        }

        char separator = ';';
        int rest = 0;
        foreach (char digit in $"{value}")
        {
            rest = (rest * 10) + digit - '0';
            if (rest >= divisor || separator == ',')
            {
                trace.Append(separator).Append(rest).Append('/').Append(divisor).Append('=').Append(rest / divisor).Append('r').Append(rest % divisor);
                rest %= divisor;
                separator = ',';
            }
        }

        trace.Append(';').Append(value / divisor);
    }

    private static IEnumerable<string> Steps(string formula)
    {
        yield return formula;
        if (formula.Contains('/'))
        {
            yield break;
        }

        List<Term> terms = Parse(formula);
        while (terms.Count > 1 || terms[0].Factors.Length > 1)
        {
            terms = Step(terms);
            yield return Text(terms);
        }
    }

    private static List<Term> Step(List<Term> terms)
    {
        if (terms.Any(t => t.Factors.Length > 2))
        {
            return [.. terms.Select(t => t.Factors is [int x, int y, .. int[] rest] && rest.Length > 0 ? t with { Factors = [x * y, .. rest] } : t)];
        }

        if (terms.Any(IsLong))
        {
            return [.. terms.SelectMany(Split)];
        }

        if (terms.Any(t => t.Factors.Length == 2))
        {
            return [.. terms.Select(t => t.Factors is [int x, int y] ? t with { Factors = [x * y] } : t)];
        }

        int sum = terms[0].Factors[0] + (terms[1].Sign * terms[1].Factors[0]);
        return [new Term(1, [sum]), .. terms.Skip(2)];
    }

    // A product of one digit by at most two digits is known by heart (zeros at the end do not count), and so is one by a power of ten.
    private static bool IsLong(Term term) =>
        term.Factors is [int x, int y] && !IsPowerOfTen(x) && !IsPowerOfTen(y) && Digits(x) + Digits(y) > 2
        && (Digits(x) > 2 || Digits(y) > 2 || (Digits(x) == 2 && Digits(y) == 2));

    private static IEnumerable<Term> Split(Term term)
    {
        if (!IsLong(term))
        {
            return [term];
        }

        (int x, int y) = (term.Factors[0], term.Factors[1]);
        return Digits(x) > Digits(y)
            ? Places(x).Select(place => term with { Factors = [place, y] })
            : Places(y).Select(place => term with { Factors = [x, place] });
    }

    // 3405 -> 3000, 400, 5
    private static IEnumerable<int> Places(int value)
    {
        string digits = $"{value}";
        for (int i = 0; i < digits.Length; i++)
        {
            if (digits[i] != '0')
            {
                yield return int.Parse(digits[i..(i + 1)].PadRight(digits.Length - i, '0'));
            }
        }
    }

    private static int Digits(int value) => $"{value}".TrimEnd('0').Length;

    private static bool IsPowerOfTen(int value) => Digits(value) == 1 && $"{value}"[0] == '1';

    private static List<Term> Parse(string formula)
    {
        List<Term> terms = [];
        int start = 0;
        while (start < formula.Length)
        {
            int sign = formula[start] == '-' ? -1 : 1;
            start += formula[start] is '+' or '-' ? 1 : 0;
            int end = formula.IndexOfAny(['+', '-'], start);
            end = end < 0 ? formula.Length : end;
            terms.Add(new Term(sign, [.. formula[start..end].Split('*').Select(int.Parse)]));
            start = end;
        }

        return terms;
    }

    private static string Text(List<Term> terms)
    {
        StringBuilder text = new();
        foreach (Term term in terms)
        {
            text.Append(term.Sign < 0 ? "-" : text.Length > 0 ? "+" : "").AppendJoin('*', term.Factors);
        }

        return text.ToString();
    }

    /// <summary>A signed product.</summary>
    private sealed record Term(int Sign, int[] Factors);
}
