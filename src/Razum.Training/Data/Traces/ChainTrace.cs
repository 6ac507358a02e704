using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>Rewrites what is left after every step: <c>47+5*4+2=52*4+2=8+2=10</c>. Left to right, modulo 100.</summary>
internal static class ChainTrace
{
    public static string Write(JsonObject truth)
    {
        string rest = truth.Text("expression");
        StringBuilder trace = new(rest);
        while (rest.IndexOfAny(['+', '-', '*'], 1) is int operation and > 0)
        {
            int next = rest.IndexOfAny(['+', '-', '*'], operation + 1);
            int end = next < 0 ? rest.Length : next;
            int left = int.Parse(rest.AsSpan(0, operation));
            int right = int.Parse(rest.AsSpan(operation + 1, end - operation - 1));
            int value = rest[operation] switch { '+' => left + right, '-' => left - right, _ => left * right } % 100;
            rest = $"{(value < 0 ? value + 100 : value)}{rest.AsSpan(end)}";
            trace.Append('=').Append(rest);
        }

        return trace.ToString();
    }
}
