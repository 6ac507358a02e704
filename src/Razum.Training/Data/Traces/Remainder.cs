using System.Text;

namespace Razum.Training.Data.Traces;

/// <summary>
/// The remainder of x by y, all numbers written from their last digit on. It comes from subtractions of y, 10 y, 100 y, ... as long as they fit,
/// <c>5577-8592=7974-8592=9381</c> (7755 - 2958 = 4797 - 2958 = 1839); by a single digit from the table, <c>57%7=5</c> (75 % 7), or from long division,
/// <c>215:15%7=2,22%7=1</c> (512 by 7).
/// </summary>
internal static class Remainder
{
    public static void Append(StringBuilder trace, int x, int y)
    {
        if (y >= 10)
        {
            Subtract(trace, x, y);
        }
        else if (x >= 100)
        {
            Divide(trace, x, y);
        }
        else
        {
            trace.Append(Digits.FromTheLast(x)).Append('%').Append(y).Append('=').Append(x % y);
        }
    }

    private static void Divide(StringBuilder trace, int x, int y)
    {
        string digits = $"{x}";
        trace.Append(Digits.FromTheLast(x));
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
        trace.Append(Digits.FromTheLast(x));
        while (x >= y)
        {
            int step = y;
            while (step * 10L <= x)
            {
                step *= 10;
            }

            x -= step;
            trace.Append('-').Append(Digits.FromTheLast(step)).Append('=').Append(Digits.FromTheLast(x));
        }
    }
}
