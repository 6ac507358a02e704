using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Tasks;

/// <summary>The checkers against the golden verdicts, and the solvers against the golden problems.</summary>
public class TaskGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Names() => TaskCase.Names();

    [Fact]
    public void EveryTaskHasGoldens() => Assert.All(TaskRegistry.All, t => Assert.NotEmpty(TaskCase.Rows(t.Name)));

    [Theory]
    [MemberData(nameof(Names))]
    public void VerdictsEqualGoldens(string name)
    {
        ProceduralTask task = TaskRegistry.Get(name);
        List<string> differences = [];
        int count = 0;
        foreach (JsonObject row in TaskCase.Rows(name))
        {
            (string prefix, string completion) = ((string)row["prefix"]!, (string)row["completion"]!);
            (bool ended, JsonObject truth) = ((bool)row["ended"]!, row["truth"]!.AsObject());
            TaskVerdict verdict = task.Check(prefix, completion, ended, truth);
            string got = $"{verdict.Outcome.ToString().ToLowerInvariant()} {verdict.Score} {Stored(verdict.Extracted) ?? "null"}";
            string want = $"{row["outcome"]} {row["score"]} {(string?)row["extracted"] ?? "null"}";
            if (row["score_use_all"] is JsonNode useAll)
            {
                got += $" {((CountdownTask)task).CheckUseAll(prefix, completion, ended, truth).Score}";
                want += $" {useAll}";
            }

            count++;
            if (got != want)
            {
                differences.Add($"{row["kind"]}: got {got}, want {want}: {completion}");
            }
        }

        Goldens.Report($"train/tasks/{name}", "verdicts", differences.Count, 0);
        Assert.NotEqual(0, count);
        Assert.Empty(differences);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void StoredAnswersOfSamplesAreAcceptedAndRecomputed(string name)
    {
        ProceduralTask task = TaskRegistry.Get(name);
        foreach (JsonObject sample in TaskCase.Samples(name))
        {
            JsonObject truth = sample["truth"]!.AsObject();
            TaskVerdict verdict = task.Check("", $"<think>{sample["trace"]}</think>\n<answer>{truth["answer"]}</answer>", true, truth);
            Assert.Equal(new TaskVerdict(TaskOutcome.Correct, truth["answer"]!.ToString()), verdict);
            if (task is SolvedTask solved)
            {
                JsonObject question = truth.DeepClone().AsObject();
                question.Remove("answer");
                Assert.True(JsonNode.DeepEquals(truth["answer"], solved.Solve(question)), $"{sample["prompt"]}: {solved.Solve(question)}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SamplesFollowTheRulesOfOurGenerators(string name) =>
        Assert.All(TaskCase.Samples(name), s => ProblemRules.Verify(name, (string)s["prompt"]!, s["truth"]!.AsObject()));

    [Theory]
    [MemberData(nameof(Names))]
    public void TruthFieldsEqualThoseOfSamples(string name)
    {
        HashSet<string> known = [.. TaskCase.Samples(name).Select(s => Fields(s["truth"]!.AsObject()))];
        for (ulong i = 0; i < 200; i++)
        {
            TaskRandom random = new(7, 0, i);
            Assert.Contains(Fields(TaskRegistry.Get(name).Generate(ref random).Truth), known);
        }

        static string Fields(JsonObject truth) => string.Join(',', truth.Select(f => $"{f.Key}:{f.Value!.GetValueKind()}"));
    }

    // The golden files keep the first 200 characters (code points) of an extracted answer.
    private static string? Stored(string? extracted) => extracted is null ? null : string.Concat(extracted.EnumerateRunes().Take(200));
}
