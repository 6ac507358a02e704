using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>Whether a row of 8 to 50 bits has an odd or an even number of ones.</summary>
internal sealed class ParityTask : SolvedTask
{
    public override string Name => "parity";

    public override IReadOnlyList<int> Levels { get; } = [12, 24, 50];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        char[] bits = new char[random.Next(8, 50)];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = random.Pick<char>("01");
        }

        return Problem($"parity of {new string(bits)}", new JsonObject { ["bits"] = new string(bits) });
    }

    /// <summary>Bits.</summary>
    public override int Size(JsonObject truth) => truth.Text("bits").Length;

    public override JsonValue Solve(JsonObject truth) => JsonValue.Create(truth.Text("bits").Count(c => c == '1') % 2 == 1 ? "odd" : "even");

    protected override bool IsWellFormed(string answer, JsonObject truth) => answer is "odd" or "even";
}
