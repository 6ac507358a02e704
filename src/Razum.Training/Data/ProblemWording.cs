using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>Other ways to ask the same problem; three in ten keep the task's own.</summary>
internal static class ProblemWording
{
    private const double OwnShare = 0.3;
    private const double SpacedShare = 0.2;

    private static readonly string[] s_chain =
    [
        "{0} mod 100", "{0}", "{0} =", "what is {0}?", "what is {0} mod 100?", "left to right mod 100: {0}", "{0}, left to right, mod 100", "compute {0}",
        "calculate {0}", "compute {0} modulo 100", "work out {0} from left to right", "solve {0}", "chain: {0}", "{0}: result?", "how much is {0}?",
        "step by step, mod 100: {0}", "please compute {0}", "evaluate {0} left to right",
    ];

    private static readonly string[] s_addition =
    [
        "{0}+{1}", "{0}+{1}=", "what is {0}+{1}?", "what is {0} plus {1}?", "add {0} and {1}", "add {0} to {1}", "{0} plus {1}", "sum of {0} and {1}",
        "compute {0}+{1}", "calculate {0}+{1}", "how much is {0}+{1}?", "please add {0} and {1}", "the sum of {0} and {1}?", "what do {0} and {1} make?",
        "{0} and {1} together", "total of {0} and {1}?", "find {0}+{1}",
    ];

    private static readonly string[] s_linear =
    [
        "{0}", "solve {0}", "solve {0} for {1}", "{0}, find {1}", "{0}. what is {1}?", "find {1}: {0}", "find {1} if {0}", "what is {1} if {0}?",
        "if {0}, what is {1}?", "solve for {1}: {0}", "{0}; {1}=?", "{0}, {1}?", "which {1} solves {0}?", "given {0}, compute {1}", "please solve {0}",
        "equation: {0}", "{1} in {0}?",
    ];

    private static readonly string[] s_divisor =
    [
        "gcd({0},{1})", "gcd({0}, {1})", "gcd of {0} and {1}", "gcd {0} {1}", "what is gcd({0},{1})?", "what is the gcd of {0} and {1}?",
        "greatest common divisor of {0} and {1}", "find the gcd of {0} and {1}", "compute gcd({0},{1})", "the gcd of {0} and {1}?", "gcd for {0} and {1}",
        "largest common divisor: {0}, {1}", "what divides both {0} and {1}?", "common divisor of {0} and {1}?", "calculate gcd({0},{1})",
        "gcd {0} and {1}", "please find gcd({0},{1})", "biggest divisor of {0} and {1}?",
    ];

    private static readonly string[] s_sorting =
    [
        "sort {1}: {0}", "sort {0} {1}", "put in order {1}: {0}", "order {1}: {0}", "order {0} {1}", "arrange {1}: {0}", "arrange {0} {1}", "{0} sorted {1}",
        "sort these numbers {1}: {0}", "please sort {0} {1}", "{0}: sort {1}", "sort the list {0} {1}", "write {0} {1}", "list {1}: {0}", "{1}: {0}",
        "can you sort {0} {1}?", "numbers {0}, {1}",
    ];

    private static readonly string[] s_sortingUpwards =
    [
        "sort {0}", "sort: {0}", "sort these numbers: {0}", "please sort {0}", "put in order: {0}", "sort the list {0}", "smallest first: {0}",
    ];

    private static readonly string[] s_upwards =
        ["ascending", "in ascending order", "from low to high", "from smallest to largest", "upwards", "small to large"];

    private static readonly string[] s_downwards =
        ["descending", "in descending order", "from high to low", "from largest to smallest", "downwards", "large to small"];

    private static readonly string[] s_separators = [" ", " ", " ", ", ", ", ", ","];

    private static readonly string[] s_counting =
    [
        "count {0} in {1}", "count the {0} in {1}", "how many {0} in {1}?", "how many {0} are in {1}?", "how many {0}'s are in {1}?", "how many {0}s in {1}?",
        "count letter {0} in {1}", "count the letter {0} in {1}", "how often is {0} in {1}?", "number of {0} in {1}", "{1}: how many {0}?", "in {1}, count {0}",
        "how many times is {0} in {1}?", "letter {0} in {1}: how many?", "how often does {1} have {0}?", "please count {0} in {1}", "how many {0}'s in {1}?",
        "how many letters {0} are in {1}?", "how many times does {0} occur in {1}?", "how many times does the letter {0} appear in {1}?",
    ];

    private static readonly string[] s_reversing =
    [
        "reverse {0}", "reverse: {0}", "reverse the word {0}", "spell {0} backwards", "{0} backwards", "{0} reversed", "what is {0} backwards?",
        "what is {0} reversed?", "write {0} backwards", "turn {0} around", "say {0} in reverse", "{0} in reverse", "please reverse {0}", "flip {0}",
        "spell backwards: {0}", "backwards: {0}", "can you reverse {0}?",
    ];

    // Shorter tellings of a few stories; the first index is the template's.
    private static readonly Dictionary<int, string[]> s_stories = new()
    {
        [0] = ["{n} has {a} {o}s and gets {b} more. How many now?", "{a} {o}s and then {b} more {o}s. How many {o}s?"],
        [1] = ["{n} has {a} {o}s and gives away {b}. How many are left?", "{a} {o}s, {b} are lost. How many {o}s are left?"],
        [2] = ["There are {a} {o}s in each of {b} boxes. How many {o}s?", "{n} fills {b} boxes with {a} {o}s each. How many {o}s?"],
        [4] = ["{n} reads {a} pages a day. How many pages in {b} weeks?", "{a} pages a day for {b} weeks: how many pages?"],
        [7] = ["{a} shelves hold {b} {o}s each and {c} {o}s are sold. How many remain?", "{n} has {a} bags of {b} {o}s and loses {c}. How many are left?"],
        [8] = ["{n} is {a}. {m} is {b} years younger. How old is {m} in {c} years?", "{n} is {a}, {m} is {b} years younger. {m}'s age in {c} years?"],
        [9] = ["A train drives {b} hours at {a} km an hour and {c} km more. How far?", "{n} drives {a} km an hour for {b} hours, then {c} km. How far?"],
        [11] = ["{n} earns {a} coins a day and spends {b}. Savings in {c} days?", "{n} gets {a} coins and spends {b} every day. Savings in {c} days?"],
        [13] = ["A garden is {a} m by {b} m. A fence costs {c} coins a metre. Total cost?", "A fence of {c} coins a metre goes around {a} m by {b} m. Cost?"],
    };

    private static readonly string[] s_objects = ["apple", "marble", "book", "stamp", "coin", "pencil", "shell", "card", "cookie", "button"];

    public static string Ask(string family, TaskProblem problem, ref TaskRandom random)
    {
        if (random.NextDouble() < OwnShare)
        {
            return problem.Prompt;
        }

        JsonObject truth = problem.Truth;
        return family switch
        {
            "chain_mod100" => Ask(s_chain, ref random, Space(truth.Text("expression"), ref random)),
            "addition" => Ask(s_addition, ref random, $"{truth.Integer("a")}", $"{truth.Integer("b")}"),
            "gcd" => Ask(s_divisor, ref random, $"{truth.Integer("a")}", $"{truth.Integer("b")}"),
            "linear" => Ask(s_linear, ref random, Space(problem.Prompt[..problem.Prompt.IndexOf(',')], ref random), truth.Text("variable")),
            "sorting" => Sorting(truth, ref random),
            "count_letters" => Ask(s_counting, ref random, Wording.Quote(truth.Text("letter"), ref random), Wording.Quote(truth.Text("word"), ref random)),
            "reversing" => Ask(s_reversing, ref random, Wording.Quote(truth.Text("word"), ref random)),
            "word_problems" => Story(problem, ref random),
            _ => PuzzleWording.Ask(family, problem, ref random),
        };
    }

    private static string Ask(string[] templates, ref TaskRandom random, params ReadOnlySpan<string> gaps)
    {
        string template = random.Pick<string>(templates);
        string text = Wording.Fill(template, gaps);

        // A gap at the start or the end is part of the problem: its letters stay small, and nothing is put behind an "=".
        return template[0] == '{' ? text : Wording.Vary(text, ref random);
    }

    private static string Sorting(JsonObject truth, ref TaskRandom random)
    {
        string list = string.Join(random.Pick<string>(s_separators), truth.Integers("values"));
        bool descending = truth.Text("direction") == "descending";
        return !descending && random.NextDouble() < 0.25
            ? Ask(s_sortingUpwards, ref random, list)
            : Ask(s_sorting, ref random, list, random.Pick<string>(descending ? s_downwards : s_upwards));
    }

    private static string Story(TaskProblem problem, ref TaskRandom random)
    {
        if (!s_stories.TryGetValue(problem.Truth.Integer("template"), out string[]? tellings) || random.NextDouble() < 0.5)
        {
            return problem.Prompt;
        }

        string text = random.Pick<string>(tellings);
        string[] people = PersonNames.Draw(ref random, 2);
        text = text.Replace("{n}", people[0]).Replace("{m}", people[1]).Replace("{o}", random.Pick<string>(s_objects));
        foreach ((string name, JsonNode? value) in (JsonObject)problem.Truth["values"]!)
        {
            text = text.Replace($"{{{name}}}", value!.ToJsonString());
        }

        return text;
    }

    // 3x+5=20 -> 3x + 5 = 20, sometimes
    private static string Space(string formula, ref TaskRandom random) => random.NextDouble() >= SpacedShare
        ? formula
        : formula[0] + formula[1..].Replace("+", " + ").Replace("-", " - ").Replace("*", " * ").Replace("=", " = ").Replace("=  - ", "= -");
}
