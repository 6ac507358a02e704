using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// The value digit by digit, <c>1*16+10=26,26*16+2=418</c> (1a2), in bases 2 and 3 the values alone; then its remainders, <c>418=59*7+5,59=8*7+3,...</c>,
/// in bases 2 and 3 as <c>418:0,209:1</c>; last the remainders from behind: <c>;1135</c>. What is decimal already is not worked out.
/// </summary>
internal static class BaseConversionTrace
{
    private const int Largest = 3; // of the bases in which a step is known by heart

    public static string Write(JsonObject truth)
    {
        (int value, int from, int to) = (truth.Integer("value"), truth.Integer("from"), truth.Integer("to"));
        StringBuilder trace = new();
        if (from != 10)
        {
            Read(trace, value, from);
        }

        if (to != 10)
        {
            Write(trace, value, to);
        }

        return trace.Append(truth.Answer()).ToString();
    }

    private static void Read(StringBuilder trace, int value, int radix)
    {
        List<int> digits = DigitsOf(value, radix);
        int read = digits[^1];
        trace.Append(read);
        for (int i = digits.Count - 2; i >= 0; i--)
        {
            int next = (read * radix) + digits[i];
            _ = radix <= Largest
                ? trace.Append(CultureInfo.InvariantCulture, $",{next}")
                : trace.Append(CultureInfo.InvariantCulture, $"{(i < digits.Count - 2 ? $",{read}" : "")}*{radix}+{digits[i]}={next}");
            read = next;
        }

        trace.Append(';');
    }

    private static void Write(StringBuilder trace, int value, int radix)
    {
        foreach (int digit in DigitsOf(value, radix))
        {
            _ = radix <= Largest
                ? trace.Append(CultureInfo.InvariantCulture, $"{value}:{digit},")
                : trace.Append(CultureInfo.InvariantCulture, $"{value}={value / radix}*{radix}+{digit},");
            value /= radix;
        }

        trace[^1] = ';';
    }

    /// <summary>Lowest digit first.</summary>
    private static List<int> DigitsOf(int value, int radix)
    {
        List<int> digits = [];
        do
        {
            digits.Add(value % radix);
            value /= radix;
        }
        while (value > 0);

        return digits;
    }
}
