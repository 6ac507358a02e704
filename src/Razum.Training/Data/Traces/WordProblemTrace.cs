using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// The formula of a story in numbers, then worked out step by step, all numbers from their last digit on: <c>21*5-7=06-7=35</c> (12 * 5 - 7 = 53).
/// </summary>
internal static class WordProblemTrace
{
    public static string Write(JsonObject truth) =>
        Digits.FromTheLast(Worked.Out(Formula(truth.Integer("template"), (JsonObject)truth["values"]!)));

    // One case for each template of the word problems, in their order. What the story gives as a number already is used as that number.
    private static string Formula(int template, JsonObject values)
    {
        int Get(string name) => values.ContainsKey(name) ? values.Integer(name) : 0;
        (int a, int b, int c, int d, int e) = (Get("a"), Get("b"), Get("c"), Get("d"), Get("e"));
        return template switch
        {
            0 => $"{a}+{b}",
            1 => $"{a}-{b}",
            2 => $"{a}*{b}",
            3 => $"{a * b}/{b}",
            4 => $"{a}*{b}*7",
            5 => $"{(a * b) + c}-{a}*{b}",
            6 => $"{a}+{a}*{b}",
            7 => $"{a}*{b}-{c}",
            8 => $"{a}-{b}+{c}",
            9 => $"{a}*{b}+{c}",
            10 => $"{a}+2*{a}+2*{a}-{b}",
            11 => $"({a}-{b})*{c}",
            12 => $"{a}*{b}+{c}*{d}",
            13 => $"2*({a}+{b})*{c}",
            14 => $"({a}*{b}-{a * b / 4})//{c}",
            15 => $"({a}+{a}+{b})/2",
            16 => $"{a}*{c}-{d}",
            17 => $"{a}+({b}-{c})*{d}",
            18 => $"2*{b}*{c}*{a}+{d}*{c}",
            19 => $"{a}*{b}*{c}*{d}-{e}",
            _ => throw new InvalidDataException($"truth: word problem template {template} is unknown"),
        };
    }
}
