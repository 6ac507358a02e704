using System.Text.Json.Nodes;

namespace Razum.Tests.Training.Tasks;

/// <summary>Reads the written formula of a propositional problem and works out the answer from the text alone.</summary>
internal static class FormulaSolver
{
    public static string Answer(JsonObject truth)
    {
        string[] words = $"{truth["formula"]}".Replace("(", "( ").Replace(")", " )").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (truth["assignment"] is JsonObject given)
        {
            return Holds(words, given.ToDictionary(v => v.Key, v => (bool)v.Value!)) ? "true" : "false";
        }

        string[] variables = [.. truth["variables"]!.AsArray().Select(v => (string)v!)];
        int rows = 1 << variables.Length;
        int holds = Enumerable.Range(0, rows).Count(row => Holds(words, variables.Index().ToDictionary(v => v.Item, v => ((row >> v.Index) & 1) == 1)));
        return holds == rows ? "tautology" : holds == 0 ? "contradiction" : "contingent";
    }

    private static bool Holds(string[] words, Dictionary<string, bool> values)
    {
        int position = 0;
        bool value = Read();
        Assert.Equal(words.Length, position);
        return value;

        bool Read()
        {
            string word = words[position++];
            if (word == "not")
            {
                return !Read();
            }

            if (word != "(")
            {
                return values[word];
            }

            bool left = Read();
            string operation = words[position++];
            bool right = Read();
            Assert.Equal(")", words[position++]);
            return operation switch
            {
                "and" => left & right,
                "or" => left | right,
                "->" => !left | right,
                "xor" => left ^ right,
                _ => throw new InvalidDataException($"operation {operation}"),
            };
        }
    }
}
