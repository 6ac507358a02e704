using System.Text.Json.Nodes;

namespace Razum.Training.Tasks;

/// <summary>How often a letter occurs in a random word in which it is frequent.</summary>
internal sealed class CountLettersTask : IntegerTask
{
    public override string Name => "count_letters";

    public override IReadOnlyList<int> Levels { get; } = [6, 10, 16];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        char letter = random.Pick<char>("aeiorst");
        string alphabet = "aeiorstlnc" + new string(letter, 3);
        char[] word = new char[random.Next(5, 16)];
        for (int i = 0; i < word.Length; i++)
        {
            word[i] = random.Pick<char>(alphabet);
        }

        return Problem(
            $"count {letter} in {new string(word)}",
            new JsonObject { ["letter"] = letter.ToString(), ["word"] = new string(word) });
    }

    /// <summary>Letters.</summary>
    public override int Size(JsonObject truth) => truth.Text("word").Length;

    public override JsonValue Solve(JsonObject truth)
    {
        string letter = truth.Text("letter");
        return JsonValue.Create(truth.Text("word").Count(c => letter.Contains(c)));
    }
}
