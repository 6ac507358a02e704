using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>The greatest common divisor of two numbers that share a factor of 1 to 12 by construction.</summary>
internal sealed class GreatestCommonDivisorTask : IntegerTask
{
    public override string Name => "gcd";

    public override IReadOnlyList<int> Levels { get; } = [100, 1000, 10_000];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int max = random.Pick<int>([100, 1000, 10000]);
        int factor = random.Next(1, 12);
        int a = factor * random.Next(1, max / factor);
        int b = factor * random.Next(1, max / factor);
        return Problem($"gcd({a},{b})=?", new JsonObject { ["a"] = a, ["b"] = b });
    }

    /// <summary>The larger number.</summary>
    public override int Size(JsonObject truth) => Math.Max(truth.Integer("a"), truth.Integer("b"));

    public override JsonValue Solve(JsonObject truth)
    {
        (int a, int b) = (truth.Integer("a"), truth.Integer("b"));
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return JsonValue.Create(a);
    }
}
