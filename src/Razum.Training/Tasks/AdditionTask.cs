using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>The sum of two numbers of up to eight digits; the first has exactly the drawn number of digits, the second at most.</summary>
internal sealed class AdditionTask : IntegerTask
{
    public override string Name => "addition";

    public override IReadOnlyList<int> Levels { get; } = [2, 3, 4, 6, 8];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int digits = random.Next(2, 8);
        int bound = 1;
        for (int i = 0; i < digits; i++)
        {
            bound *= 10;
        }

        int a = random.Next(bound / 10, bound - 1);
        int b = random.Next(1, bound - 1);
        return Problem($"{a}+{b}=?", new JsonObject { ["a"] = a, ["b"] = b });
    }

    /// <summary>Digits of the longer number.</summary>
    public override int Size(JsonObject truth) => Math.Max($"{truth.Integer("a")}".Length, $"{truth.Integer("b")}".Length);

    public override JsonValue Solve(JsonObject truth) => JsonValue.Create(truth.Integer("a") + truth.Integer("b"));
}
