using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>The product of a number of two or three digits and one below a hundred.</summary>
internal sealed class MultiplicationTask : IntegerTask
{
    public override string Name => "multiplication";

    public override IReadOnlyList<int> Levels { get; } = [3, 4, 6];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int a = random.Next(10, 999);
        int b = random.Next(2, 99);
        return Problem($"{a}*{b}=?", new JsonObject { ["a"] = a, ["b"] = b });
    }

    /// <summary>Products of digits.</summary>
    public override int Size(JsonObject truth) => $"{truth.Integer("a")}".Length * $"{truth.Integer("b")}".Length;

    public override JsonValue Solve(JsonObject truth) => JsonValue.Create(truth.Integer("a") * truth.Integer("b"));
}
