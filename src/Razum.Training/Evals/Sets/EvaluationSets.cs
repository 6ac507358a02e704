using Razum.Training.Data.Files;
using Razum.Training.Verifiers;
using Razum.Training.Verifiers.Math;

namespace Razum.Training.Evals.Sets;

/// <summary>Readers of the data sets that reasoning models are measured on, in the layouts in which they are published.</summary>
public static class EvaluationSets
{
    private const string Boxed = "Please reason step by step, and put your final answer within \\boxed{}.";
    private const string Letter = "Please reason step by step, and put the letter of your choice within \\boxed{}.";

    // As evaluation harnesses judge: the answer wherever it is stated. What was cut off never counts, see EvaluationPrompt.
    private static readonly MathVerifier s_math = new(strict: false, MathSettings.Evaluation);
    private static readonly ChoiceVerifier s_choice = new("ABCD", strict: false);

    private static readonly SortedDictionary<string, Layout> s_layouts = new(StringComparer.Ordinal)
    {
        ["gsm8k"] = new(s_math, Boxed, Gsm8k),
        ["math"] = new(s_math, Boxed, Competition),
        ["aime"] = new(s_math, Boxed, Competition),
        ["gpqa"] = new(s_choice, Letter, ChoiceQuestions.Gpqa),
        ["mmlu"] = new(s_choice, Letter, ChoiceQuestions.Mmlu, ChoiceQuestions.MmluColumns),
    };

    /// <summary>The names of the sets.</summary>
    public static IReadOnlyCollection<string> Names => s_layouts.Keys;

    /// <summary>The test questions of a set in a file or folder.</summary>
    /// <exception cref="ArgumentException">No set is called so; the message lists the names.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or in another layout; one line with file and place.</exception>
    public static EvaluationSet Read(string name, string path)
    {
        Layout layout = Find(name);
        Problem[] problems = [.. DataFiles.Find(path, "test").SelectMany(file => ReadProblems(name, file))];
        return problems.Length > 0
            ? new EvaluationSet(name, layout.Verifier, layout.Directive, problems)
            : throw new InvalidDataException($"{path}: no questions of {name}");
    }

    /// <summary>A set written as <c>NAME=PATH</c>.</summary>
    /// <exception cref="ArgumentException">It is not, or no set is called so.</exception>
    public static EvaluationSet Parse(string text) => text.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } path]
        ? Read(name, path)
        : throw new ArgumentException($"'{text}' is not NAME=PATH with a name of {string.Join(", ", Names)}");

    /// <summary>The questions of one file, without what follows them.</summary>
    internal static IEnumerable<Problem> ReadProblems(string name, string file)
    {
        Layout layout = Find(name);
        return DataFiles.Read(file, layout.Columns).Select(layout.Read);
    }

    /// <summary>What follows each question of a set.</summary>
    internal static string DirectiveOf(string name) => Find(name).Directive;

    private static Layout Find(string name) => s_layouts.TryGetValue(name, out Layout? layout)
        ? layout
        : throw new ArgumentException($"unknown evaluation set '{name}'; known: {string.Join(", ", Names)}");

    /// <summary>GSM8K: <c>question</c>, and <c>answer</c> with the number after <c>####</c>.</summary>
    private static Problem Gsm8k(DataRow row)
    {
        string answer = row.Required("answer");
        int mark = answer.LastIndexOf("####", StringComparison.Ordinal);
        string number = mark >= 0 ? answer[(mark + 4)..].Trim().Replace(",", "", StringComparison.Ordinal) : "";
        return number.Length > 0
            ? new Problem { Prompt = row.Required("question"), Answer = number, Source = row.Where }
            : throw row.Fault("the answer has no number after ####");
    }

    /// <summary>MATH in folders or as MATH-500, and AIME: <c>problem</c> (or <c>question</c>), and <c>answer</c> or the last box of <c>solution</c>.</summary>
    private static Problem Competition(DataRow row)
    {
        string? answer = row.Text("answer", "expected_answer");
        string? boxed = string.IsNullOrWhiteSpace(answer) ? LastBox(row.Required("solution")) : null;
        return new Problem
        {
            Prompt = row.Required("problem", "question"),
            Answer = (boxed ?? answer) is { } gold && !string.IsNullOrWhiteSpace(gold) ? gold.Trim() : throw row.Fault("no answer, and no \\boxed{} in the solution"),
            Source = row.Where,
        };
    }

    /// <summary>What stands in the last <c>\boxed{...}</c> or <c>\fbox{...}</c>, its braces matched, or after the last <c>\boxed </c>; null where there is none.</summary>
    internal static string? LastBox(string text)
    {
        int box = Math.Max(text.LastIndexOf("\\boxed", StringComparison.Ordinal), text.LastIndexOf("\\fbox", StringComparison.Ordinal));
        if (box < 0)
        {
            return null;
        }

        int start = text.IndexOfAny(['{', ' '], box);
        if (start < 0 || text[start] == ' ')
        {
            int end = start < 0 ? -1 : text.IndexOfAny(['$', '\n'], start);
            return start < 0 ? null : text[start..(end < 0 ? text.Length : end)].Trim();
        }

        int depth = 0;
        for (int i = start; i < text.Length; i++)
        {
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return text[(start + 1)..i];
            }
        }

        return null;
    }

    /// <summary>How a set is judged, asked and read; names of its columns where its files have no heading.</summary>
    private sealed record Layout(Verifier Verifier, string Directive, Func<DataRow, Problem> Read, IReadOnlyList<string>? Columns = null);
}
