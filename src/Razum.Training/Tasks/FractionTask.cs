using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>A fraction to simplify; numerator and denominator share a factor of 2 to 30 by construction, and a quarter are negative.</summary>
internal sealed class FractionTask : RationalTask
{
    public override string Name => "fraction";

    public override IReadOnlyList<int> Levels { get; } = [100, 400, 1200];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int factor = random.Next(2, 30);
        int numerator = factor * random.Next(1, 40);
        int denominator = factor * random.Next(1, 40);
        numerator *= random.Pick<int>([1, 1, 1, -1]);
        return Problem($"simplify {numerator}/{denominator}", new JsonObject { ["numerator"] = numerator, ["denominator"] = denominator });
    }

    /// <summary>The larger of numerator and denominator.</summary>
    public override int Size(JsonObject truth) => Math.Max(Math.Abs(truth.Integer("numerator")), truth.Integer("denominator"));

    public override JsonValue Solve(JsonObject truth) => Answer(truth.Integer("numerator"), truth.Integer("denominator"));
}
