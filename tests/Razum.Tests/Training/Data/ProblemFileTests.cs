using Razum.Training.Data;
using Razum.Training.Data.Files;
using Razum.Training.Runs;
using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Tests.Training.Data;

/// <summary>Problems from files: what is read, what is held out, and that every fault has a place.</summary>
public sealed class ProblemFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Columns_say_what_is_asked_and_what_is_right()
    {
        string file = Write(
            """{"question": "2 + 2?", "answer": "2 + 2 = <<2+2=4>>4\n#### 4"}""",
            """{"question": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "3 + 3?"}], "answer": "#### 6"}""");
        ProblemFile problems = Make(new ProblemsConfig
        {
            Files = [file],
            Columns = new ConversationColumns { Prompt = "question", Answer = "answer", AnswerAfter = "####" },
            Directive = "In a box.",
        });
        Problem[] all = [.. problems.Given.OrderBy(p => p.Prompt)];
        Assert.Equal(["2 + 2?\n\nIn a box.", "3 + 3?\n\nIn a box."], all.Select(p => p.Prompt));
        Assert.Equal(["4", "6"], all.Select(p => p.Answer));
        Assert.Equal([$"{file}: line 1", $"{file}: line 2"], all.Select(p => p.Source));
        Assert.Equal(["user"], all[0].Conversation.Select(m => m.Role));
        Assert.Equal(["be brief", "3 + 3?\n\nIn a box."], all[1].Conversation.Select(m => m.Content));
    }

    [Fact]
    public void A_published_set_brings_its_layout_and_directive()
    {
        string file = Write("""{"question": "How many?", "answer": "some\n#### 1,200"}""");
        Problem problem = Assert.Single(Make(new ProblemsConfig { Files = [file], Set = "gsm8k" }).Given);
        Assert.Equal("1200", problem.Answer);
        Assert.StartsWith("How many?\n\n", problem.Prompt, StringComparison.Ordinal);
        Assert.Contains("\\boxed{}", problem.Prompt, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_pass_asks_each_problem_once_in_another_order_and_never_one_that_is_held_out()
    {
        string file = Write([.. Enumerable.Range(0, 39).Select(i => $$"""{"prompt": "p{{i}}", "answer": "{{i}}"}"""), """{"prompt": "p7", "answer": "7"}"""]);
        (ProblemFile problems, ProblemFile other) = (Make(new ProblemsConfig { Files = [file], HeldOut = 0.25 }), Make(new ProblemsConfig { Files = [file], HeldOut = 0.25 }, seed: 4));
        string[] heldOut = [.. problems.HeldOut(100).Select(h => h.Problem.Prompt)];
        Assert.Equal(10, heldOut.Length);
        Assert.Equal(heldOut[..3], problems.HeldOut(3).Select(h => h.Problem.Prompt));
        string[][] passes = [.. Enumerable.Range(0, 3).Select(p => Enumerable.Range(0, problems.Count).Select(i => problems.Get((p * problems.Count) + i).Problem.Prompt).ToArray())];
        Assert.All(passes, pass => Assert.Empty(pass.Intersect(heldOut)));
        Assert.All(passes, pass => Assert.Equal(passes[0].Order(), pass.Order()));
        Assert.Equal(39, passes[0].Concat(heldOut).Distinct().Count());
        Assert.NotEqual(passes[0], passes[1]);
        Assert.NotEqual(heldOut, other.HeldOut(100).Select(h => h.Problem.Prompt));
        Assert.Equal(passes[2], Enumerable.Range(0, problems.Count).Reverse().Select(i => problems.Get((2 * problems.Count) + i).Problem.Prompt).Reverse());
    }

    [Fact]
    public void Prompts_that_leave_no_room_for_an_answer_are_left_out_and_counted()
    {
        string file = Write("""{"prompt": "short", "answer": "1"}""", """{"prompt": "much too long", "answer": "2"}""");
        ProblemFile problems = Make(new ProblemsConfig { Files = [file] }, longest: 8);
        Assert.Equal((1, 1), (problems.Count, problems.LeftOut));
        Assert.Contains("longer than 2 tokens", Assert.Throws<InvalidDataException>(() => Make(new ProblemsConfig { Files = [file] }, longest: 2)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt": "a"}""", "line 2: no answer")]
    [InlineData("""{"answer": "a"}""", "line 2: expected")]
    [InlineData("""{"prompt": "a", "answer": " "}""", "line 2: ")]
    [InlineData("""{"prompt": ["a"], "answer": "1"}""", "line 2: ")]
    [InlineData("""{"prompt": "a", "answer": {}}""", "line 2: ")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}]}""", "line 2: ")]
    [InlineData("""{"prompt": """, "line 2: not valid JSON")]
    public void A_bad_row_is_named(string row, string expected)
    {
        string file = Write("""{"prompt": "a", "answer": "1"}""", row);
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => Make(new ProblemsConfig { Files = [file] }));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void An_answer_that_the_judge_cannot_read_is_named_before_the_run()
    {
        string file = Write("""{"prompt": "a", "answer": "1"}""", """{"prompt": "b", "answer": "the second"}""");
        Reward reward = new([new RewardPart("gsm8k", new Gsm8kVerifier("numeric"), 1)]);
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => VerifierSelfTest.RunAnswers(reward, Make(new ProblemsConfig { Files = [file] }).Given));
        Assert.StartsWith($"{file}: line 2: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("'the second'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mixture_has_its_shares_and_each_part_its_own_order()
    {
        ProblemFile file = Make(new ProblemsConfig { Files = [Write([.. Enumerable.Range(0, 5).Select(i => $$"""{"prompt": "p{{i}}", "answer": "{{i}}"}""")])], HeldOut = 0.2 });
        var tasks = new ProceduralProblems(3, new Dictionary<string, double> { ["gcd"] = 1, ["parity"] = 1 }, level: 0);
        var mixture = new ProblemMixture([(tasks, 3), (file, 1)], seed: 3);
        DrawnProblem[] drawn = [.. Enumerable.Range(0, 1000).Select(i => mixture.Get(i))];
        Assert.Equal(750, drawn.Count(d => d.Problem.Task is not null));
        Assert.Equal(Enumerable.Range(0, 250).Select(i => file.Get(i).Problem.Prompt).Order(), drawn.Where(d => d.Problem.Task is null).Select(d => d.Problem.Prompt).Order());
        Assert.Equal(["gcd level 0", "parity level 0"], drawn.Where(d => d.Problem.Task is not null).Select(d => d.Key).Distinct().Order());
        Assert.Equal(["gcd", "parity", Path.GetFileNameWithoutExtension(_folder.File("data.jsonl"))], mixture.HeldOut(5).Select(h => h.Family).Distinct());
        Assert.Contains(file.Fingerprint, mixture.Fingerprint, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_level_of_every_task_has_problems_of_its_own()
    {
        foreach (ProceduralTask task in TaskRegistry.All)
        {
            for (int level = 0; level < task.Levels.Count; level++)
            {
                Assert.True(Reaches(task, level), $"{task.Name} level {level}");
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    private static ProblemFile Make(ProblemsConfig config, int seed = 3, int longest = int.MaxValue) => new(config, seed, p => p.Prompt.Length, longest);

    private static bool Reaches(ProceduralTask task, int level)
    {
        TaskRandom random = new(1, 2, (ulong)level);
        for (int i = 0; i < 2000; i++)
        {
            if (task.LevelOf(task.Generate(ref random, level).Truth) == level)
            {
                return true;
            }
        }

        return false;
    }

    private string Write(params string[] lines)
    {
        string file = _folder.File("data.jsonl");
        File.WriteAllText(file, string.Join('\n', lines) + "\n");
        return file;
    }
}
