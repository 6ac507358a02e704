using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Razum.Training.Tasks;

/// <summary>
/// Knights and knaves: two or three people make one statement each, and exactly one assignment of kinds fits all of them.
/// The answer names each person once, in any order: <c>Anna=knight,Ben=knave</c>, with at most one space after a comma.
/// </summary>
internal sealed partial class KnightsTask : ProceduralTask
{
    public override string Name => "knights";

    public override IReadOnlyList<int> Levels { get; } = [2, 3];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int people = random.Next(2, 3);
        string[] names = PersonNames.Draw(ref random, people);
        KnightStatement[] statements = new KnightStatement[people];
        int[] worlds;
        do
        {
            for (int i = 0; i < people; i++)
            {
                statements[i] = new KnightStatement(ref random, i, people);
            }

            worlds = [.. Enumerable.Range(0, 1 << people).Where(w => statements.All(s => s.Fits(w)))];
        }
        while (worlds.Length != 1);

        string said = string.Join(' ', names.Select((name, i) => $"{name} says: {statements[i].Text(names)}."));
        string answer = string.Join(',', names.Select((name, i) => $"{name}={(KnightStatement.IsKnight(worlds[0], i) ? "knight" : "knave")}"));
        return new TaskProblem(
            $"Knights always tell the truth, knaves always lie. {said} Who is what? ({string.Join(", ", names)})",
            answer,
            new JsonObject { ["names"] = TruthFields.ToArray(names), ["answer"] = answer });
    }

    /// <summary>People.</summary>
    public override int Size(JsonObject truth) => truth.Texts("names").Length;

    /// <summary>What each of the people says, in their order, with a, b, c for their names: the problem as it is whatever they are called.</summary>
    public static string[] Statements(TaskProblem problem)
    {
        string text = problem.Prompt;
        string[] names = problem.Truth.Texts("names");
        for (int i = 0; i < names.Length; i++)
        {
            text = text.Replace(names[i], $"{(char)('a' + i)}", StringComparison.Ordinal); // no name is part of another word
        }

        string[] said = [.. Said().Matches(text).Select(m => m.Groups[1].Value)];
        return said.Length == names.Length ? said : throw new InvalidDataException("the prompt has not one statement for each person");
    }

    protected override TaskOutcome CheckAnswer(string answer, JsonObject truth)
    {
        if (!Kinds().IsMatch(answer))
        {
            return TaskOutcome.Unparseable;
        }

        // Same people, each once, and the same kinds: the sorted lists of "name=kind" are equal.
        string[] given = answer.Replace(" ", "", StringComparison.Ordinal).Split(',');
        string[] right = truth.Text("answer").Split(',');
        return given.Order(StringComparer.Ordinal).SequenceEqual(right.Order(StringComparer.Ordinal)) ? TaskOutcome.Correct : TaskOutcome.Wrong;
    }

    [GeneratedRegex(@"\b[a-c] says: ([^.]+)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Said();

    [GeneratedRegex(@"^[A-Za-z]+=(?:knight|knave)(?:, ?[A-Za-z]+=(?:knight|knave))*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Kinds();
}
