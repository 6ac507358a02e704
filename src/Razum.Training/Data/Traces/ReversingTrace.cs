using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>Every letter with its place (a capital), then the same from the last to the first: <c>AsBoCo;CoBoAs</c>.</summary>
internal static class ReversingTrace
{
    public static string Write(JsonObject truth)
    {
        string word = truth.Text("word");
        StringBuilder trace = new();
        for (int i = 0; i < word.Length; i++)
        {
            trace.Append((char)('A' + i)).Append(word[i]);
        }

        trace.Append(';');
        for (int i = word.Length - 1; i >= 0; i--)
        {
            trace.Append((char)('A' + i)).Append(word[i]);
        }

        return trace.ToString();
    }
}
