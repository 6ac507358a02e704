using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>The letter, then every letter of the word with its place (a capital) and the count so far: o in "soccer" is <c>o:As0Bo1Cc1Dc1Ee1Fr1</c>.</summary>
internal static class CountLettersTrace
{
    public static string Write(JsonObject truth)
    {
        char letter = truth.Text("letter")[0];
        string word = truth.Text("word");
        StringBuilder trace = new($"{letter}:");
        int count = 0;
        for (int i = 0; i < word.Length; i++)
        {
            count += word[i] == letter ? 1 : 0;
            trace.Append((char)('A' + i)).Append(word[i]).Append(count);
        }

        return trace.ToString();
    }
}
