using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>Both numbers divided by the smallest prime that divides both, again and again: <c>84/126;2:42/63;3:14/21;7:2/3</c>; <c>-6/2;2:-3/1=-3</c>.</summary>
internal static class FractionTrace
{
    public static string Write(JsonObject truth)
    {
        (int numerator, int denominator) = (truth.Integer("numerator"), truth.Integer("denominator"));
        StringBuilder trace = new();
        trace.Append(CultureInfo.InvariantCulture, $"{numerator}/{denominator}");
        for (int prime = 2; prime <= denominator && prime <= Math.Abs(numerator); prime++)
        {
            while (numerator % prime == 0 && denominator % prime == 0)
            {
                (numerator, denominator) = (numerator / prime, denominator / prime);
                trace.Append(CultureInfo.InvariantCulture, $";{prime}:{numerator}/{denominator}");
            }
        }

        return denominator == 1 ? trace.Append('=').Append(numerator).ToString() : trace.ToString();
    }
}
