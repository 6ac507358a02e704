using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>(a*b+c) mod m with numbers below a hundred.</summary>
internal sealed class ModularTask : IntegerTask
{
    public override string Name => "modular";

    public override IReadOnlyList<int> Levels { get; } = [500, 2000, 9900];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int m = random.Next(2, 99);
        int a = random.Next(2, 99);
        int b = random.Next(2, 99);
        int c = random.Next(0, 99);
        return Problem($"({a}*{b}+{c}) mod {m}=?", new JsonObject { ["a"] = a, ["b"] = b, ["c"] = c, ["m"] = m });
    }

    /// <summary>What is divided.</summary>
    public override int Size(JsonObject truth) => (truth.Integer("a") * truth.Integer("b")) + truth.Integer("c");

    public override JsonValue Solve(JsonObject truth) =>
        JsonValue.Create(((truth.Integer("a") * truth.Integer("b")) + truth.Integer("c")) % truth.Integer("m"));
}
