using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>a x + b = c: three quarters have an integer solution by construction, the rest any rational one.</summary>
internal sealed class LinearTask : RationalTask
{
    public override string Name => "linear";

    public override IReadOnlyList<int> Levels { get; } = [20, 60, 180];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        char variable = random.Pick<char>("xyz");
        int a = random.Pick<int>([-9, -8, -7, -6, -5, -4, -3, -2, -1, 2, 3, 4, 5, 6, 7, 8, 9]);
        int solution = random.Next(-20, 20);
        int b = random.Next(-30, 29);
        b += b >= 0 ? 1 : 0; // -30..30 without 0
        int c = random.NextDouble() < 0.25 ? b + random.Next(-20, 20) : (a * solution) + b;

        string factor = a == -1 ? "-" : $"{a}";
        JsonObject truth = new() { ["a"] = a, ["b"] = b, ["c"] = c, ["variable"] = variable.ToString() };
        return Problem($"{factor}{variable}{b:+0;-0}={c}, {variable}=?", truth);
    }

    /// <summary>What is divided in the end.</summary>
    public override int Size(JsonObject truth) => Math.Abs(truth.Integer("c") - truth.Integer("b"));

    public override JsonValue Solve(JsonObject truth) => Answer(truth.Integer("c") - truth.Integer("b"), truth.Integer("a"));
}
