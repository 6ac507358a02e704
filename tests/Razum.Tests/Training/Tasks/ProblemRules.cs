using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Tasks;

/// <summary>
/// The distribution of every task as a predicate over one problem: the form of its prompt, the ranges of its fields, and its answer worked out another way
/// than by the generator where there is another way. Holds for the sample problems of the goldens and for our own alike.
/// </summary>
internal static partial class ProblemRules
{
    public static void Verify(string name, string prompt, JsonObject truth)
    {
        Assert.Matches($"^(?:{PromptForm(name)})$", prompt);
        switch (name)
        {
            case "chain_mod100":
                Assert.Equal(prompt, $"{truth["expression"]}=?");
                break;
            case "addition":
                int digits = $"{truth["a"]}".Length;
                Assert.InRange(digits, 2, 8);
                Assert.InRange(Int(truth, "b"), 1, (int)Math.Pow(10, digits) - 1);
                break;
            case "multiplication":
                Assert.InRange(Int(truth, "a"), 10, 999);
                Assert.InRange(Int(truth, "b"), 2, 99);
                break;
            case "gcd":
                int divisor = Int(truth, "answer");
                Assert.InRange(Int(truth, "a"), 1, 10_000);
                Assert.InRange(Int(truth, "b"), 1, 10_000);
                Assert.Equal((0, 0), (Int(truth, "a") % divisor, Int(truth, "b") % divisor));
                break;
            case "modular":
                Assert.All(new[] { "a", "b", "m" }, f => Assert.InRange(Int(truth, f), 2, 99));
                Assert.InRange(Int(truth, "c"), 0, 99);
                Assert.InRange(Int(truth, "answer"), 0, Int(truth, "m") - 1);
                break;
            case "fraction":
                Assert.InRange(Math.Abs(Int(truth, "numerator")), 2, 1200);
                Assert.InRange(Int(truth, "denominator"), 2, 1200);
                break;
            case "linear":
                VerifyLinear(truth);
                break;
            case "sorting":
                int[] values = [.. truth["values"]!.AsArray().Select(v => (int)v!)];
                Assert.InRange(values.Length, 4, 10);
                Assert.All(values, v => Assert.InRange(v, -20, 99));
                break;
            case "count_letters":
                Assert.Contains($"{truth["letter"]}", "aeiorst");
                break;
            case "base_conversion":
                int[] bases = [2, 3, 5, 7, 8, 10, 12, 16, 36];
                Assert.Contains(Int(truth, "from"), bases);
                Assert.Contains(Int(truth, "to"), bases);
                Assert.NotEqual(Int(truth, "from"), Int(truth, "to"));
                Assert.InRange(Int(truth, "value"), 0, 4095);
                Assert.Equal(Int(truth, "value"), ReadBase($"{truth["answer"]}", Int(truth, "to")));
                Assert.Equal(Int(truth, "value"), ReadBase(prompt.Split(' ')[0], Int(truth, "from")));
                break;
            case "countdown3" or "countdown4":
                VerifyCountdown(truth, name == "countdown3" ? 3 : 4, name == "countdown3" ? 99 : 50);
                break;
            case "propositional":
                Assert.Equal(FormulaSolver.Answer(truth), $"{truth["answer"]}");
                break;
            case "knights":
                Assert.Equal(KnightsSolver.Answer(prompt), $"{truth["answer"]}");
                break;
            case "word_problems":
                VerifyWordProblem(prompt, truth);
                break;
            case "sudoku4":
                int[] grid = [.. $"{truth["grid"]}".Where(c => c != '/').Select(c => c == '.' ? 0 : c - '0')];
                Assert.InRange(grid.Count(v => v == 0), 1, 10);
                Assert.Equal(1, SmallSudoku.CountSolutions(grid, 2));
                break;
            case "date_time":
                Assert.All(Years().Matches(prompt), m => Assert.InRange(int.Parse(m.Value[..4]), 1897, 2102));
                break;
        }
    }

    private static string PromptForm(string name) => name switch
    {
        "chain_mod100" => "[1-9][0-9]([-+*][2-9]){2,6}=\\?",
        "addition" => "[0-9]{2,8}\\+[0-9]{1,8}=\\?",
        "multiplication" => "[0-9]{2,3}\\*[0-9]{1,2}=\\?",
        "gcd" => "gcd\\([0-9]{1,5},[0-9]{1,5}\\)=\\?",
        "modular" => "\\([0-9]{1,2}\\*[0-9]{1,2}\\+[0-9]{1,2}\\) mod [0-9]{1,2}=\\?",
        "fraction" => "simplify -?[0-9]{1,4}/[0-9]{1,4}",
        "sorting" => "sort (a|de)scending:( -?[0-9]{1,2}){4,10}",
        "reversing" => "reverse: [a-z]{4,12}",
        "count_letters" => "count [aeiorst] in [aeiorstlnc]{5,16}",
        "base_conversion" => "[0-9a-z]{1,12} from base [0-9]{1,2} to base [0-9]{1,2}",
        "parity" => "parity of [01]{8,50}",
        "linear" => "(-[2-9]?|[2-9])(?<v>[xyz])[-+][1-9][0-9]?=-?[0-9]{1,3}, \\k<v>=\\?",
        "countdown3" => "numbers( [1-9][0-9]?){3} target [1-9][0-9]{0,2}",
        "countdown4" => "numbers( [1-9][0-9]?){4} target [1-9][0-9]{0,2}",
        "propositional" => "([pqr]=(true|false)(, [pqr]=(true|false)){1,2}: [^:]+ \\?)|([^:=]+: tautology, contradiction or contingent\\?)",
        "knights" => "Knights always tell the truth, knaves always lie\\."
            + "( [A-Z][a-z]+ says: [^.]+\\.){2,3} Who is what\\? \\([A-Z][a-z]+(, [A-Z][a-z]+){1,2}\\)",
        "word_problems" => "[A-Z0-9][A-Za-z0-9 ,.?]+\\?",
        "sudoku4" => "sudoku 4x4 [1-4.]{4}(/[1-4.]{4}){3}",
        "date_time" => ("D (plus|minus) [0-9]{1,3} days=\\?|days from D to D=\\?|weekday of D=\\?"
            + "|T plus [0-9]{1,2} h [0-9]{1,2} min=\\?|minutes from T to T \\(the next one\\)=\\?")
            .Replace("D", "[0-9]{4}-[0-9]{2}-[0-9]{2}").Replace("T", "[0-9]{2}:[0-9]{2}"),
        _ => throw new ArgumentException($"no rules for task {name}"),
    };

    private static void VerifyLinear(JsonObject truth)
    {
        (int a, int b, int c) = (Int(truth, "a"), Int(truth, "b"), Int(truth, "c"));
        Assert.True(a is >= -9 and <= 9 and not 0 and not 1);
        Assert.True(b is >= -30 and <= 30 and not 0);
        int[] parts = [.. $"{truth["answer"]}".Split('/').Select(int.Parse)];
        Assert.Equal(c * (parts.Length == 2 ? parts[1] : 1), (a * parts[0]) + (b * (parts.Length == 2 ? parts[1] : 1)));
        Assert.True(Math.Abs(c - b) <= 20 || (Math.Abs(parts[0]) <= 20 && parts.Length == 1));
    }

    private static void VerifyCountdown(JsonObject truth, int count, int max)
    {
        int[] numbers = [.. truth["numbers"]!.AsArray().Select(v => (int)v!)];
        Assert.Equal(count, numbers.Length);
        Assert.All(numbers, n => Assert.InRange(n, 1, max));
        Assert.InRange(Int(truth, "target"), 1, 999);
        Assert.DoesNotContain(Int(truth, "target"), numbers);
    }

    private static void VerifyWordProblem(string prompt, JsonObject truth)
    {
        WordTemplate template = WordTemplate.All[Int(truth, "template")];
        Assert.Equal((template.Formula, template.Steps), ($"{truth["formula"]}", Int(truth, "steps")));
        Dictionary<char, int> values = truth["values"]!.AsObject().ToDictionary(v => v.Key[0], v => (int)v.Value!);
        Assert.Equal(template.Variables.Select(v => v.Name), values.Keys);
        Assert.All(template.Variables, v => Assert.InRange(values[v.Name], v.Low, v.High));
        Assert.All(template.Variables, v => Assert.Equal(0, values[v.Name] % v.Step));

        // The story with its numbers filled in, people and things open; the same gap has the same filling.
        HashSet<string> seen = [];
        string form = Gap().Replace(Regex.Escape(template.Text).Replace("\\*", "*").Replace("\\+", "+"), gap =>
        {
            string inner = gap.Groups[1].Value;
            bool isWord = inner is "n" or "m" or "k" or "o";
            return !isWord ? $"{TemplateFormula.Evaluate(inner, values)}" : seen.Add(inner) ? $"(?<{inner}>[A-Za-z]+?)" : $"\\k<{inner}>";
        });
        Assert.Matches($"^{form}$", prompt);
        Assert.True(Int(truth, "answer") >= 0);
    }

    private static int ReadBase(string digits, int radix) =>
        digits.Aggregate(0, (value, c) => (value * radix) + (char.IsAsciiDigit(c) ? c - '0' : c - 'a' + 10));

    private static int Int(JsonObject truth, string field) => (int)truth[field]!;

    [GeneratedRegex(@"\\?\{([^}]*)\}")]
    private static partial Regex Gap();

    [GeneratedRegex("[0-9]{4}-")]
    private static partial Regex Years();
}
