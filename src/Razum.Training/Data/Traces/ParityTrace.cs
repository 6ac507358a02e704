using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>Every bit, followed by e or o for the ones so far: <c>1o0o1e1o</c>.</summary>
internal static class ParityTrace
{
    public static string Write(JsonObject truth)
    {
        StringBuilder trace = new();
        bool odd = false;
        foreach (char bit in truth.Text("bits"))
        {
            odd ^= bit == '1';
            trace.Append(bit).Append(odd ? 'o' : 'e');
        }

        return trace.ToString();
    }
}
