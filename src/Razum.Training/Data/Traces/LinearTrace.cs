using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>a x + b = c: first the constant goes to the right, tens before ones, then the division: <c>-4x=152+17=162+7=169;x=169/-4=-169/4</c>.</summary>
internal static class LinearTrace
{
    public static string Write(JsonObject truth)
    {
        int a = truth.Integer("a");
        int b = truth.Integer("b");
        int value = truth.Integer("c");
        string variable = truth.Text("variable");
        char sign = b < 0 ? '+' : '-';
        int magnitude = Math.Abs(b);

        StringBuilder trace = new();
        trace.Append(a == -1 ? "-" : $"{a}").Append(variable).Append('=').Append(value).Append(sign).Append(magnitude);
        if (magnitude > 10 && magnitude % 10 != 0)
        {
            value -= Math.Sign(b) * (magnitude / 10 * 10);
            magnitude %= 10;
            trace.Append('=').Append(value).Append(sign).Append(magnitude);
        }

        value -= Math.Sign(b) * magnitude;
        trace.Append('=').Append(value).Append(';').Append(variable).Append('=').Append(value).Append('/').Append(a);
        return trace.Append('=').Append(new Rational(value, a)).ToString();
    }
}
