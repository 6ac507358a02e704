using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Razum.Training.Tasks;

/// <summary>Four to ten numbers, a few of them negative, to be sorted up or down. One space between, duplicates kept.</summary>
internal sealed partial class SortingTask : SolvedTask
{
    public override string Name => "sorting";

    public override IReadOnlyList<int> Levels { get; } = [4, 6, 8, 10];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int[] values = new int[random.Next(4, 10)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.Next(random.NextDouble() < 0.3 ? -20 : 0, 99);
        }

        string direction = random.Pick<string>(["ascending", "descending"]);
        return Problem(
            $"sort {direction}: {string.Join(' ', values)}",
            new JsonObject { ["values"] = TruthFields.ToArray(values), ["direction"] = direction });
    }

    /// <summary>Numbers.</summary>
    public override int Size(JsonObject truth) => truth.Integers("values").Length;

    public override JsonValue Solve(JsonObject truth)
    {
        int[] values = truth.Integers("values");
        Array.Sort(values);
        if (truth.Text("direction") == "descending")
        {
            Array.Reverse(values);
        }

        return JsonValue.Create(string.Join(' ', values));
    }

    protected override bool IsWellFormed(string answer, JsonObject truth) => Integers().IsMatch(answer);

    [GeneratedRegex(@"^(?:0|-?[1-9][0-9]{0,10})(?: (?:0|-?[1-9][0-9]{0,10}))*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Integers();
}
