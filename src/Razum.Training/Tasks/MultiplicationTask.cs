using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>The product of a number of two or three digits and one below a hundred.</summary>
internal sealed class MultiplicationTask : IntegerTask
{
    public override string Name => "multiplication";

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int a = random.Next(10, 999);
        int b = random.Next(2, 99);
        return Problem($"{a}*{b}=?", new JsonObject { ["a"] = a, ["b"] = b });
    }

    public override JsonValue Solve(JsonObject truth) => JsonValue.Create(truth.Integer("a") * truth.Integer("b"));
}
