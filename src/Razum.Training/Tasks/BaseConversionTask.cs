using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Razum.Training.Tasks;

/// <summary>A number below 4096 to be rewritten from one base to another; digits are 0-9 and small letters.</summary>
internal sealed partial class BaseConversionTask : SolvedTask
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    public override string Name => "base_conversion";

    public override IReadOnlyList<int> Levels { get; } = [255, 1023, 4095];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int[] bases = [2, 3, 5, 7, 8, 10, 12, 16, 36];
        random.Shuffle<int>(bases);
        (int from, int to) = (bases[0], bases[1]);
        int value = random.Next(0, 4095);
        return Problem($"{Write(value, from)} from base {from} to base {to}", new JsonObject { ["value"] = value, ["from"] = from, ["to"] = to });
    }

    /// <summary>The number.</summary>
    public override int Size(JsonObject truth) => truth.Integer("value");

    public override JsonValue Solve(JsonObject truth) => JsonValue.Create(Write(truth.Integer("value"), truth.Integer("to")));

    protected override bool IsWellFormed(string answer, JsonObject truth) => Number().IsMatch(answer);

    private static string Write(int value, int radix)
    {
        Span<char> digits = stackalloc char[32];
        int start = digits.Length;
        do
        {
            digits[--start] = Digits[value % radix];
            value /= radix;
        }
        while (value > 0);

        return digits[start..].ToString();
    }

    [GeneratedRegex(@"^(?:0|[1-9a-z][0-9a-z]{0,60})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
