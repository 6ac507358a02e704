using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>
/// Says which problems are kept for evaluation: one in twenty, by a hash of the numbers alone, so that no wording, order of operands or name
/// of the unknown lets a problem into both parts.
/// </summary>
internal static class ProblemKey
{
    private const ulong Share = 20;

    public static bool IsHeldOut(string family, TaskProblem problem) => Hash(Text(family, problem)) % Share == 0;

    /// <summary>What makes a problem the same one however it is asked.</summary>
    public static string Text(string family, TaskProblem problem) =>
        $"{family} {(family == "knights" ? string.Join(". ", KnightsTask.Statements(problem)) : Numbers(family, problem.Truth))}";

    // 64-bit FNV-1a: hash = (hash ^ byte) * prime. The texts are ASCII.
    public static ulong Hash(string text)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char c in text)
        {
            hash = (hash ^ (byte)c) * 0x100000001B3;
        }

        return hash;
    }

    private static string Numbers(string family, JsonObject truth) => family switch
    {
        "chain_mod100" => truth.Text("expression"),
        "addition" or "gcd" or "multiplication" => Pair(truth.Integer("a"), truth.Integer("b")),
        "linear" => $"{truth.Integer("a")} {truth.Integer("b")} {truth.Integer("c")}",
        "sorting" => string.Join(' ', truth.Integers("values")),
        "count_letters" => $"{truth.Text("letter")} {truth.Text("word")}",
        "reversing" => truth.Text("word"),
        "word_problems" => $"{truth.Integer("template")} {string.Join(' ', ((JsonObject)truth["values"]!).Select(v => v.Value!.GetValue<int>()))}",
        "modular" => $"{Pair(truth.Integer("a"), truth.Integer("b"))} {truth.Integer("c")} {truth.Integer("m")}",
        "fraction" => $"{Math.Abs(truth.Integer("numerator"))} {truth.Integer("denominator")}",
        "base_conversion" => $"{truth.Integer("value")} {truth.Integer("from")} {truth.Integer("to")}",
        "parity" => truth.Text("bits"),
        "propositional" => $"{truth.Text("formula")} {truth["assignment"]?.ToJsonString()}",
        "countdown3" or "countdown4" => $"{string.Join(' ', truth.Integers("numbers").Order())} {truth.Integer("target")}",
        "sudoku4" => truth.Text("grid"),
        "date_time" => string.Join(' ', truth.Where(f => f.Key is not "answer").Select(f => f.Value!.ToString())),
        _ => throw new ArgumentException($"no key for family '{family}'", nameof(family)),
    };

    private static string Pair(int a, int b) => $"{Math.Min(a, b)} {Math.Max(a, b)}";
}
