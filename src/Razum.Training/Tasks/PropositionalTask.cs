using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>
/// A formula over two or three variables: half the problems give an assignment and ask for its value, half ask whether it is a tautology,
/// a contradiction or contingent.
/// </summary>
internal sealed class PropositionalTask : ProceduralTask
{
    public override string Name => "propositional";

    public override IReadOnlyList<int> Levels { get; } = [2, 4, 7];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        string[] variables = random.Next(2, 3) == 2 ? ["p", "q"] : ["p", "q", "r"];
        Formula formula = Formula.Random(ref random, random.Next(2, 3), variables.Length);
        return random.NextDouble() < 0.5 ? AskValue(formula, variables, ref random) : AskKind(formula, variables);
    }

    /// <summary>Connectives.</summary>
    public override int Size(JsonObject truth) => truth.Text("formula").Split(' ').Count(w => w.Trim('(') is "not" or "and" or "or" or "->" or "xor");

    protected override TaskOutcome CheckAnswer(string answer, JsonObject truth)
    {
        bool known = truth.ContainsKey("assignment") ? answer is "true" or "false" : answer is "tautology" or "contradiction" or "contingent";
        return !known ? TaskOutcome.Unparseable : answer == truth.Answer() ? TaskOutcome.Correct : TaskOutcome.Wrong;
    }

    private static TaskProblem AskValue(Formula formula, string[] variables, ref TaskRandom random)
    {
        JsonObject values = [];
        List<string> given = [];
        int assignment = 0;
        for (int i = 0; i < variables.Length; i++)
        {
            bool value = random.NextDouble() < 0.5;
            assignment |= value ? 1 << i : 0;
            values[variables[i]] = value;
            given.Add($"{variables[i]}={Word(value)}");
        }

        string answer = Word(formula.Holds(assignment));
        return new TaskProblem(
            $"{string.Join(", ", given)}: {formula} ?",
            answer,
            new JsonObject { ["formula"] = formula.ToString(), ["assignment"] = values, ["answer"] = answer });
    }

    private static TaskProblem AskKind(Formula formula, string[] variables)
    {
        int rows = 1 << variables.Length;
        int holds = Enumerable.Range(0, rows).Count(formula.Holds);
        string answer = holds == rows ? "tautology" : holds == 0 ? "contradiction" : "contingent";
        return new TaskProblem(
            $"{formula}: tautology, contradiction or contingent?",
            answer,
            new JsonObject { ["formula"] = formula.ToString(), ["variables"] = TruthFields.ToArray(variables), ["answer"] = answer });
    }

    private static string Word(bool value) => value ? "true" : "false";
}
