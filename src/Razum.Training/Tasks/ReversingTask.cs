using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>A random word of 4 to 12 small letters to be written backwards.</summary>
internal sealed class ReversingTask : SolvedTask
{
    public override string Name => "reversing";

    public override IReadOnlyList<int> Levels { get; } = [5, 8, 12];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        char[] word = new char[random.Next(4, 12)];
        for (int i = 0; i < word.Length; i++)
        {
            word[i] = (char)random.Next('a', 'z');
        }

        return Problem($"reverse: {new string(word)}", new JsonObject { ["word"] = new string(word) });
    }

    /// <summary>Letters.</summary>
    public override int Size(JsonObject truth) => truth.Text("word").Length;

    public override JsonValue Solve(JsonObject truth)
    {
        char[] word = truth.Text("word").ToCharArray();
        Array.Reverse(word);
        return JsonValue.Create(new string(word));
    }

    protected override bool IsWellFormed(string answer, JsonObject truth) => answer.Length <= 40 && !answer.AsSpan().ContainsAnyExceptInRange('a', 'z');
}
