using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// A search that gives up branches: the two nearest misses, the farther first, each from left to right and ended by <c>;</c>, then the solution:
/// <c>50+7=57,57*3=171;50-7=43,43*3=129;50*3=150,150+7=157!</c>. Misses keep to whole numbers; a fraction in the solution stands in brackets.
/// </summary>
internal static class CountdownTrace
{
    private const int Misses = 2;
    private const string Operations = "+-*/";

    public static string Write(JsonObject truth)
    {
        int[] numbers = truth.Integers("numbers");
        int target = truth.Integer("target");
        StringBuilder trace = new();
        foreach (Branch miss in Nearest(numbers, target))
        {
            trace.Append(miss.Text).Append(';');
        }

        return Solution(trace, truth.Answer()).Append('!').ToString();
    }

    /// <summary>The steps of an expression that the task made: without its brackets it reads from left to right.</summary>
    private static StringBuilder Solution(StringBuilder trace, string expression)
    {
        Rational value = default;
        char operation = ' ';
        int start = 0;
        string plain = expression.Replace("(", "", StringComparison.Ordinal).Replace(")", "", StringComparison.Ordinal);
        for (int i = 0; i <= plain.Length; i++)
        {
            if (i < plain.Length && char.IsAsciiDigit(plain[i]))
            {
                continue;
            }

            int number = int.Parse(plain.AsSpan(start, i - start));
            if (operation == ' ')
            {
                value = (BigInteger)number;
            }
            else
            {
                Rational right = (BigInteger)number;
                Rational next = operation switch { '+' => value + right, '-' => value - right, '*' => value * right, _ => value / right };
                trace.Append(trace.Length > 0 && trace[^1] != ';' ? "," : "").Append(value.IsInteger ? $"{value}" : $"({value})");
                trace.Append(operation).Append(number).Append('=').Append(next);
                value = next;
            }

            (operation, start) = (i < plain.Length ? plain[i] : ' ', i + 1);
        }

        return trace;
    }

    // In the order of distance, the nearest last; of equal ones the first found.
    private static IEnumerable<Branch> Nearest(int[] numbers, int target)
    {
        List<Branch> branches = [];
        bool[] used = new bool[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            used[i] = true;
            Extend(numbers[i], "", 1);
            used[i] = false;
        }

        return branches.OrderBy(b => b.Distance).Take(Misses).Reverse();

        void Extend(long value, string text, int count)
        {
            if (count == numbers.Length)
            {
                if (value != target && (branches.Count < Misses || branches.Any(b => Math.Abs(value - target) < b.Distance)))
                {
                    branches = [.. branches.Append(new Branch(text, Math.Abs(value - target))).OrderBy(b => b.Distance).Take(Misses)];
                }

                return;
            }

            for (int i = 0; i < numbers.Length; i++)
            {
                foreach (char operation in used[i] ? "" : Operations)
                {
                    int right = numbers[i];
                    if ((operation == '-' && value < right) || (operation == '/' && value % right != 0))
                    {
                        continue;
                    }

                    long next = operation switch { '+' => value + right, '-' => value - right, '*' => value * right, _ => value / right };
                    used[i] = true;
                    Extend(next, $"{text}{(text.Length > 0 ? "," : "")}{value}{operation}{right}={next}", count + 1);
                    used[i] = false;
                }
            }
        }
    }

    /// <summary>A way to use all numbers, and how far from the target it ends.</summary>
    private sealed record Branch(string Text, long Distance);
}
