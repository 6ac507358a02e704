using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>Other ways to ask for products, remainders, fractions, bases, parity, logic, dates, countdown and sudoku; see <see cref="ProblemWording"/>.</summary>
internal static class PuzzleWording
{
    private static readonly string[] s_product =
    [
        "{0}*{1}", "{0}*{1}=", "what is {0}*{1}?", "what is {0} times {1}?", "multiply {0} by {1}", "multiply {0} and {1}", "{0} times {1}",
        "product of {0} and {1}", "compute {0}*{1}", "calculate {0}*{1}", "how much is {0}*{1}?", "the product of {0} and {1}?", "find {0}*{1}",
    ];

    private static readonly string[] s_remainder =
    [
        "{0} mod {1}", "{0} mod {1} =", "what is {0} mod {1}?", "{0} modulo {1}", "compute {0} mod {1}", "remainder of {0} by {1}",
        "what is the remainder of {0} divided by {1}?", "calculate {0} modulo {1}", "find {0} mod {1}",
    ];

    private static readonly string[] s_fraction =
    [
        "{0}", "reduce {0}", "simplify {0}", "simplify the fraction {0}", "{0} in lowest terms", "what is {0} in lowest terms?", "reduce the fraction {0}",
        "write {0} in lowest terms", "{0} simplified", "cancel {0}", "please simplify {0}", "lowest terms of {0}?",
    ];

    private static readonly string[] s_bases =
    [
        "{0} base {1} to base {2}", "convert {0} from base {1} to base {2}", "write {0} (base {1}) in base {2}", "what is {0} of base {1} in base {2}?",
        "{0} in base {1} is what in base {2}?", "change {0} from base {1} into base {2}", "base {1} to base {2}: {0}", "{0}, base {1}, in base {2}?",
    ];

    private static readonly string[] s_parity =
    [
        "parity: {0}", "parity {0}", "what is the parity of {0}?", "is the number of ones in {0} odd or even?", "odd or even ones: {0}", "{0}: parity?",
        "ones in {0}: odd or even?", "find the parity of {0}", "compute the parity of {0}",
    ];

    private static readonly string[] s_value =
        ["{1}: what is {0}?", "value of {0} for {1}?", "if {1}, is {0} true or false?", "{0} with {1}", "evaluate {0} for {1}", "{0} where {1}: true or false?"];

    private static readonly string[] s_kind =
    [
        "is {0} a tautology, a contradiction or contingent?", "tautology, contradiction or contingent: {0}", "classify {0}", "what kind of formula is {0}?",
        "{0}: what kind?",
    ];

    private static readonly string[] s_island =
        ["{0} Who is what? ({1})", "On an island live knights and knaves. {0} Who is what? ({1})", "Knights and knaves: {0} ({1})", "{0} Who is a knight, who a knave? ({1})"];

    private static readonly string[] s_countdown =
    [
        "make {1} from {0}", "reach {1} with {0}", "use {0} to get {1}", "countdown {0} target {1}", "get {1} from {0}", "numbers {0}, target {1}",
        "how do you make {1} from {0}?", "find a formula for {1} with {0}",
    ];

    private static readonly string[] s_sudoku =
        ["{0}", "solve {0}", "sudoku {0}", "solve the sudoku {0}", "fill in {0}", "sudoku 4x4: {0}", "complete {0}", "please solve the sudoku {0}"];

    private static readonly Dictionary<string, string[]> s_dates = new()
    {
        ["plus"] = ["what is {0} {2} {1} days?", "{0} {2} {1} days", "which date is {0} {2} {1} days?", "date: {0} {2} {1} days"],
        ["between"] = ["how many days from {0} to {1}?", "days between {0} and {1}?", "from {0} to {1}: how many days?", "count the days from {0} to {1}"],
        ["weekday"] = ["what weekday is {0}?", "which day of the week is {0}?", "day of the week of {0}?", "weekday {0}", "{0}: weekday?"],
        ["clock"] = ["what time is it {1} after {0}?", "{0} plus {1}", "{1} after {0}?", "{0} and {1} later: what time?"],
        ["duration"] = ["how many minutes from {0} to the next {1}?", "minutes from {0} until {1}?", "{0} to {1}: how many minutes?"],
    };

    public static string Ask(string family, TaskProblem problem, ref TaskRandom random)
    {
        JsonObject truth = problem.Truth;
        switch (family)
        {
            case "multiplication":
                return Ask(s_product, ref random, $"{truth.Integer("a")}", $"{truth.Integer("b")}");
            case "modular":
                return Ask(s_remainder, ref random, $"({truth.Integer("a")}*{truth.Integer("b")}+{truth.Integer("c")})", $"{truth.Integer("m")}");
            case "fraction":
                return Ask(s_fraction, ref random, $"{truth.Integer("numerator")}/{truth.Integer("denominator")}");
            case "base_conversion":
                return Ask(s_bases, ref random, problem.Prompt.Split(' ')[0], $"{truth.Integer("from")}", $"{truth.Integer("to")}");
            case "parity":
                return Ask(s_parity, ref random, truth.Text("bits"));
            case "propositional":
                return Logic(problem, ref random);
            case "knights":
                string said = problem.Prompt[(problem.Prompt.IndexOf('.') + 2)..problem.Prompt.IndexOf(" Who is", StringComparison.Ordinal)];
                return Wording.Fill(random.Pick<string>(s_island), said, string.Join(", ", truth.Texts("names")));
            case "countdown3" or "countdown4":
                return Ask(s_countdown, ref random, string.Join(random.Pick<string>([" ", ", ", ","]), truth.Integers("numbers")), $"{truth.Integer("target")}");
            case "sudoku4":
                return Ask(s_sudoku, ref random, truth.Text("grid"));
            case "date_time":
                return Date(truth, ref random);
            default:
                throw new ArgumentException($"no wording for family '{family}'", nameof(family));
        }
    }

    private static string Logic(TaskProblem problem, ref TaskRandom random)
    {
        string formula = problem.Truth.Text("formula");
        return problem.Truth.ContainsKey("assignment")
            ? Ask(s_value, ref random, formula, problem.Prompt[..problem.Prompt.IndexOf(':')])
            : Ask(s_kind, ref random, formula);
    }

    private static string Date(JsonObject truth, ref TaskRandom random)
    {
        string kind = truth.Text("kind");
        string[] templates = s_dates[kind];
        switch (kind)
        {
            case "plus":
                int days = truth.Integer("days");
                return Ask(templates, ref random, truth.Text("date"), $"{Math.Abs(days)}", days < 0 ? "minus" : "plus");
            case "weekday":
                return Ask(templates, ref random, truth.Text("date"));
            case "clock":
                int minutes = truth.Integer("minutes");
                return Ask(templates, ref random, truth.Text("start"), $"{minutes / 60} h {minutes % 60} min");
            default:
                return Ask(templates, ref random, truth.Text("from"), truth.Text("to"));
        }
    }

    // As for other problems: what begins with a gap keeps its letters and its end.
    private static string Ask(string[] templates, ref TaskRandom random, params ReadOnlySpan<string> gaps)
    {
        string template = random.Pick<string>(templates);
        string text = Wording.Fill(template, gaps);
        return template[0] == '{' || template[^1] == '}' ? text : Wording.Vary(text, ref random);
    }
}
