using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>The product and the sum as a story would work them out, then the remainder, all numbers from their last digit on.</summary>
internal static class ModularTrace
{
    public static string Write(JsonObject truth)
    {
        (int a, int b, int c, int m) = (truth.Integer("a"), truth.Integer("b"), truth.Integer("c"), truth.Integer("m"));
        StringBuilder trace = new(Digits.FromTheLast(Worked.Out($"{a}*{b}+{c}")));
        Remainder.Append(trace.Append(';'), (a * b) + c, m);
        return trace.ToString();
    }
}
