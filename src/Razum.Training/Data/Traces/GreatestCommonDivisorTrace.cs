using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Euclid's algorithm, the larger number first, one line for each remainder. All numbers are written from their last digit on, so that a subtraction begins
/// where its borrows begin; see <see cref="Remainder"/>. The last divisor is the answer.
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

            Remainder.Append(trace, x, y);
            (x, y) = (y, x % y);
        }

        return trace.ToString();
    }
}
