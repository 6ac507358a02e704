using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Tasks;

/// <summary>Our generators: their problems follow the rules, their own answers are accepted, and the seed fixes everything.</summary>
public class TaskGeneratorTests
{
    public static IEnumerable<TheoryDataRow<string>> Names() => TaskRegistry.All.Select(t => new TheoryDataRow<string>(t.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void ProblemsFollowTheRulesAndTheirAnswersAreAccepted(string name)
    {
        ProceduralTask task = TaskRegistry.Get(name);
        HashSet<string> prompts = [];
        for (ulong i = 0; i < 2000; i++)
        {
            TaskRandom random = new(1, 0, i);
            TaskProblem problem = task.Generate(ref random);
            prompts.Add(problem.Prompt);
            JsonObject stored = JsonNode.Parse(problem.Truth.ToJsonString())!.AsObject();
            Assert.Equal(problem.Answer, stored["answer"]!.ToString());
            foreach (JsonObject truth in new[] { problem.Truth, stored })
            {
                ProblemRules.Verify(name, problem.Prompt, truth);
                Assert.Equal(TaskOutcome.Correct, task.Check("<think>", $"</think><answer>{problem.Answer}</answer>", true, truth).Outcome);
                Assert.NotEqual(TaskOutcome.Correct, task.Check("<think>", $"</think><answer>{problem.Answer}1</answer>", true, truth).Outcome);
            }

            if (task is CountdownTask countdown)
            {
                Assert.Equal(1, countdown.CheckUseAll("", $"<think></think><answer>{problem.Answer}</answer>", true, problem.Truth).Score);
            }
        }

        Assert.True(prompts.Count > 200, $"only {prompts.Count} different problems");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SeedStreamAndIndexFixTheProblem(string name)
    {
        string first = Prompts(5, 0);
        Assert.Equal(first, Prompts(5, 0));
        Assert.NotEqual(first, Prompts(6, 0));
        Assert.NotEqual(first, Prompts(5, 1));

        string Prompts(ulong seed, ulong stream) => string.Join('\n', Enumerable.Range(0, 20).Select(i =>
        {
            TaskRandom random = new(seed, stream, (ulong)i);
            return TaskRegistry.Get(name).Generate(ref random).ToString();
        }));
    }

    /// <summary>Sizes rise from level to level, none is above its bound, and the last level is the whole distribution, draw for draw.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void LevelsBoundSizes(string name)
    {
        ProceduralTask task = TaskRegistry.Get(name);
        Assert.Equal(task.Levels.Order(), task.Levels);
        double[] means = new double[task.Levels.Count];
        for (int level = 0; level < means.Length; level++)
        {
            for (ulong i = 0; i < 300; i++)
            {
                TaskRandom random = new(7, 0, i);
                TaskProblem problem = task.Generate(ref random, level);
                Assert.InRange(task.Size(problem.Truth), 0, task.Levels[level]);
                means[level] += task.Size(problem.Truth) / 300.0;
                if (level == means.Length - 1)
                {
                    TaskRandom again = new(7, 0, i);
                    Assert.Equal(problem.ToString(), task.Generate(ref again).ToString());
                }
            }
        }

        Assert.True(means.SequenceEqual(means.Order()) && means.Distinct().Count() == means.Length, string.Join(' ', means));
        TaskRandom none = new(1, 1, 1);
        Assert.Contains($"levels 0 to {means.Length - 1}", Assert.Throws<ArgumentOutOfRangeException>(() => task.Generate(ref none, means.Length)).Message);
    }

    [Fact]
    public void AllBranchesAreTaken()
    {
        Assert.Equal(2, Kinds("propositional", t => $"{t.ContainsKey("assignment")}"));
        Assert.Equal(5, Kinds("propositional", t => $"{t["answer"]}"));
        Assert.Equal(5, Kinds("date_time", t => $"{t["kind"]}"));
        Assert.Equal(20, Kinds("word_problems", t => $"{t["template"]}"));
        Assert.Equal(2, Kinds("parity", t => $"{t["answer"]}"));
        Assert.Equal(72, Kinds("base_conversion", t => $"{t["from"]} {t["to"]}"));
        Assert.Equal(17, Kinds("linear", t => $"{t["a"]}"));
        Assert.Equal(60, Kinds("linear", t => $"{t["b"]}"));

        static int Kinds(string name, Func<JsonObject, string> kind) => Enumerable.Range(0, 3000).Select(i =>
        {
            TaskRandom random = new(3, 0, (ulong)i);
            return kind(TaskRegistry.Get(name).Generate(ref random).Truth);
        }).Distinct().Count();
    }

    [Fact]
    public void UnknownNameIsRefused() => Assert.Contains("gcd", Assert.Throws<ArgumentException>(() => TaskRegistry.Get("sums")).Message);

    [Fact]
    public void NamesDiffer() => Assert.Equal(TaskRegistry.All.Count, TaskRegistry.All.Select(t => t.Name).Distinct().Count());
}
