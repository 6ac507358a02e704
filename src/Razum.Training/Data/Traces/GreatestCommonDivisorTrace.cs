using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Euclid's algorithm, the larger number first, one line for each remainder. All numbers are written from their last digit on, so that a subtraction begins
/// where its borrows begin: <c>57%33=9</c> (75 % 33) below 100; long division by a digit, <c>215:15%7=2,22%7=1</c> (512 by 7); else subtractions of
/// y, 10 y, 100 y, ... as long as they fit, <c>5577-8592=7974-8592=9381</c> (7755 - 2958 = 4797 - 2958 = 1839). The last divisor is the answer.
/// </summary>
internal static class GreatestCommonDivisorTrace
{
    public static string Write(JsonObject truth)
    {
        int x = Math.Max(truth.Integer("a"), truth.Integer("b"));
        int y = Math.Min(truth.Integer("a"), truth.Integer("b"));
        StringBuilder trace = new();
        while (y != 0)
        {
            if (trace.Length > 0)
            {
                trace.Append(';');
            }

            if (x < 100)
            {
                trace.Append(Reversed(x)).Append('%').Append(Reversed(y)).Append('=').Append(Reversed(x % y));
            }
            else if (y < 10)
            {
                Divide(trace, x, y);
            }
            else
            {
                Subtract(trace, x, y);
            }

            (x, y) = (y, x % y);
        }

        return trace.ToString();
    }

    private static void Divide(StringBuilder trace, int x, int y)
    {
        string digits = $"{x}";
        trace.Append(Reversed(x));
        int rest = digits[0] - '0';
        for (int i = 1; i < digits.Length; i++)
        {
            trace.Append(i == 1 ? ':' : ',').Append(digits[i]).Append(rest);
            rest = ((rest * 10) + digits[i] - '0') % y;
            trace.Append('%').Append(y).Append('=').Append(rest);
        }
    }

    private static void Subtract(StringBuilder trace, int x, int y)
    {
        trace.Append(Reversed(x));
        while (x >= y)
        {
            int step = y;
            while (step * 10L <= x)
            {
                step *= 10;
            }

            x -= step;
            trace.Append('-').Append(Reversed(step)).Append('=').Append(Reversed(x));
        }
    }

    private static string Reversed(int value)
    {
        char[] digits = $"{value}".ToCharArray();
        Array.Reverse(digits);
        return new string(digits);
    }
}
