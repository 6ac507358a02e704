using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Data;
using Razum.Training.Data.Files;
using Razum.Training.Verifiers;

namespace Razum.Training.Evals.Sets;

/// <summary>
/// Questions with four choices. GPQA's files have the right answer first, so its choices are put in an order that a hash of the question fixes: the same in
/// every run, no letter favoured.
/// </summary>
internal static class ChoiceQuestions
{
    private const string Letters = "ABCD";

    /// <summary>The columns of MMLU's files, which have no heading.</summary>
    public static IReadOnlyList<string> MmluColumns { get; } = ["question", "A", "B", "C", "D", "answer"];

    /// <summary>GPQA: <c>Question</c>, <c>Correct Answer</c>, <c>Incorrect Answer 1</c> to 3.</summary>
    public static Problem Gpqa(DataRow row)
    {
        string question = row.Required("Question").Trim();
        string[] choices = [row.Required("Correct Answer"), .. Enumerable.Range(1, 3).Select(i => row.Required($"Incorrect Answer {i}"))];
        ulong key = Shuffle.Hash(Hash(question), 0);
        string[] shuffled = new string[choices.Length];
        int right = 0;
        for (int i = 0; i < choices.Length; i++)
        {
            int place = (int)Shuffle.Permute(i, choices.Length, key);
            shuffled[place] = choices[i].Trim();
            right = i == 0 ? place : right;
        }

        return Make(row, question, shuffled, right);
    }

    /// <summary>MMLU: question, four choices and a letter in columns, or <c>choices</c> as a list and the answer as a number from 0.</summary>
    public static Problem Mmlu(DataRow row)
    {
        string question = row.Required("question").Trim();
        string[] choices = row.Field("choices") is JsonArray list
            ? [.. list.Select(c => c is JsonValue v && v.TryGetValue(out string? text) ? text.Trim() : throw row.Fault("a choice is not a text"))]
            : [.. "ABCD".Select(letter => row.Required($"{letter}").Trim())];
        string answer = row.Required("answer").Trim();
        int right = int.TryParse(answer, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : answer.Length == 1 ? Letters.IndexOf(char.ToUpperInvariant(answer[0]), StringComparison.Ordinal) : -1;
        return choices.Length is >= 2 and <= 4 && right >= 0 && right < choices.Length
            ? Make(row, question, choices, right)
            : throw row.Fault($"'{answer}' is none of the {choices.Length} choices");
    }

    private static Problem Make(DataRow row, string question, string[] choices, int right)
    {
        StringBuilder text = new(question);
        for (int i = 0; i < choices.Length; i++)
        {
            text.Append(i == 0 ? "\n\n" : "\n").Append(Letters[i]).Append(") ").Append(choices[i]);
        }

        return new Problem { Prompt = text.ToString(), Answer = $"{Letters[right]}", Source = row.Where };
    }

    private static ulong Hash(string text)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char c in text)
        {
            hash = (hash ^ c) * 0x100000001B3;
        }

        return hash;
    }
}
