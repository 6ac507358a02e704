using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Column addition with every digit addressed by the letter of its column, capitals in the first number, small letters in the second:
/// <c>A4B8C2D1 b9c7d7;D1d7:08 C2c7:09 B8b9:17 A4-0:05;A5B7C9D8</c>. After the colon stand carry and digit.
/// </summary>
internal static class AdditionTrace
{
    public static string Write(JsonObject truth)
    {
        string a = $"{truth.Integer("a")}";
        string b = $"{truth.Integer("b")}";
        int columns = Math.Max(a.Length, b.Length);
        (a, b) = (a.PadLeft(columns), b.PadLeft(columns));

        StringBuilder trace = new();
        Index(trace, a, 'A');
        trace.Append(' ');
        Index(trace, b, 'a');
        trace.Append(';');

        Span<char> sum = stackalloc char[columns];
        int carry = 0;
        for (int i = columns - 1; i >= 0; i--)
        {
            int digit = Digit(a[i]) + Digit(b[i]) + carry;
            (carry, sum[i]) = (digit / 10, (char)('0' + (digit % 10)));
            Operand(trace, a[i], (char)('A' + i));
            Operand(trace, b[i], (char)('a' + i));
            trace.Append(':').Append(carry).Append(sum[i]).Append(i == 0 ? ';' : ' ');
        }

        if (carry != 0)
        {
            trace.Append(carry);
        }

        Index(trace, sum, 'A');
        return trace.ToString();
    }

    private static void Index(StringBuilder trace, ReadOnlySpan<char> digits, char first)
    {
        for (int i = 0; i < digits.Length; i++)
        {
            if (digits[i] != ' ')
            {
                trace.Append((char)(first + i)).Append(digits[i]);
            }
        }
    }

    private static void Operand(StringBuilder trace, char digit, char letter) =>
        _ = digit == ' ' ? trace.Append("-0") : trace.Append(letter).Append(digit);

    private static int Digit(char c) => c == ' ' ? 0 : c - '0';
}
