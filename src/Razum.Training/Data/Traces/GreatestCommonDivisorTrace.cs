using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Euclid's algorithm, the larger number first, one line for each remainder: <c>75%33=9</c> below 100; long division by a digit, <c>512:51%7=2,22%7=1</c>;
/// else subtractions of y, 10 y, 100 y, ... as long as they fit, <c>7755-2958=4797-2958=1839</c>. The last divisor is the answer.
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
                trace.Append(x).Append('%').Append(y).Append('=').Append(x % y);
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
        trace.Append(digits);
        int rest = digits[0] - '0';
        for (int i = 1; i < digits.Length; i++)
        {
            trace.Append(i == 1 ? ':' : ',').Append(rest).Append(digits[i]);
            rest = ((rest * 10) + digits[i] - '0') % y;
            trace.Append('%').Append(y).Append('=').Append(rest);
        }
    }

    private static void Subtract(StringBuilder trace, int x, int y)
    {
        trace.Append(x);
        while (x >= y)
        {
            int step = y;
            while (step * 10L <= x)
            {
                step *= 10;
            }

            x -= step;
            trace.Append('-').Append(step).Append('=').Append(x);
        }
    }
}
