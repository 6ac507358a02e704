using System.Text.RegularExpressions;
using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Data;

public sealed partial class NanoExamplesTests(ITestOutputHelper output)
{
    private const int Count = 1500;

    public static TheoryData<string> Tasks => [.. NanoExamples.Families.Where(f => f != "chat")];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void EveryExampleIsRightAndItsThinkingLeadsToItsAnswer(string family)
    {
        NanoExamples examples = new(11, new Dictionary<string, double> { [family] = 1 });
        ProceduralTask task = TaskRegistry.Get(family);
        int held = 0;
        for (ulong i = 0; i < Count; i++)
        {
            (ChatExample example, IReadOnlyList<TaskProblem?> problems) = examples.Compose(i);
            for (int t = 0; t < problems.Count; t++)
            {
                if (problems[t] is { } problem)
                {
                    Assert.False(ProblemKey.IsHeldOut(family, problem));
                    AssertRight(task, example.Turns[t], problem);
                }
            }

            (string prompt, TaskProblem kept) = examples.Evaluation(family, i);
            held += ProblemKey.IsHeldOut(family, kept) ? 1 : 0;
            AssertRight(task, new ExampleTurn(prompt, NanoExamples.Reasoning(family, kept), kept.Answer, true), kept);
        }

        Assert.Equal(Count, held);
    }

    [Fact]
    public void SeedAndIndexFixEverything()
    {
        NanoExamples first = new(5);
        NanoExamples second = new(5);
        NanoExamples other = new(6);
        int same = 0;
        for (ulong i = 300; i-- > 0;)
        {
            Assert.Equal(first.Training(i).Turns, second.Training(i).Turns);
            Assert.Equal(first.Evaluation("gcd", i).Prompt, second.Evaluation("gcd", i).Prompt);
            same += first.Training(i).Turns.SequenceEqual(other.Training(i).Turns) ? 1 : 0;
        }

        Assert.InRange(same, 0, 30);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
        Assert.NotEqual(first.Fingerprint, other.Fingerprint);
    }

    [Fact]
    public void TheMixtureIsAsPlanned()
    {
        NanoExamples examples = new(3);
        Dictionary<string, List<ExampleTurn>> turns = NanoExamples.UsualTasks.Append("chat").ToDictionary(f => f, _ => new List<ExampleTurn>());
        const int Drawn = 20_000;
        (int two, int direct, int tasks, long tokens) = (0, 0, 0, 0);
        for (ulong i = 0; i < Drawn; i++)
        {
            ChatExample example = examples.Training(i);
            two += example.Turns.Count == 2 ? 1 : 0;
            tasks += example.Family == "chat" ? 0 : 1;
            direct += example.Family != "chat" && !example.Turns[0].Thinking ? 1 : 0;
            tokens += example.Turns.Sum(t => System.Text.Encoding.UTF8.GetByteCount(t.User + t.Reasoning + t.Answer) + 8);
            Assert.All(example.Turns, t => Assert.True(t.Thinking || t.Reasoning.Length == 0));
            if (example.Turns.Count == 1)
            {
                turns[example.Family].Add(example.Turns[0]);
            }
        }

        Assert.InRange(two / (double)Drawn, 0.03, 0.05);
        Assert.InRange(direct / (double)tasks, 0.07, 0.09);
        Assert.InRange((Drawn - tasks) / (double)Drawn, 0.04, 0.06);
        output.WriteLine($"{tokens / (double)Drawn:F1} tokens per example; average/most characters of prompt, reasoning, answer:");
        foreach ((string family, List<ExampleTurn> list) in turns.Where(t => t.Value.Count > 0))
        {
            string reasoning = Lengths([.. list.Where(t => t.Thinking)], t => t.Reasoning);
            output.WriteLine($"{family,-14} {Lengths(list, t => t.User)} {reasoning} {Lengths(list, t => t.Answer)}");
        }

        Assert.All(turns["chat"], t => Assert.InRange(t.Answer.Length, 1, 110));
        Assert.All(turns["chat"], t => Assert.Empty(t.Reasoning));
        Assert.All(turns.Values.SelectMany(t => t), t => Assert.InRange(t.Reasoning.Length, 0, 350));
        Assert.True(turns["chat"].Select(t => t.User).Distinct().Count() > 500);
    }

    [Fact]
    public void OnlyDirectAnswersAreAskedForWithoutThinking()
    {
        NanoConversations conversations = new(new NanoExamples(3));
        for (int i = 0; i < 500; i++)
        {
            Conversation conversation = conversations.Get(Split.Train, i);
            Assert.Equal(["user", "assistant"], conversation.Messages.Select(m => m.Role).Distinct());
            Assert.True(conversation.Thinking || conversation.Messages[^1].ReasoningContent == "");

            ChatMessage kept = conversations.Get(Split.Evaluation, i).Messages[^1];
            Assert.NotEqual("", kept.ReasoningContent);
        }
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0)]
    [InlineData(1)]
    public void TheShareOfWorkedAnswersIsAsAskedAndTheOthersThinkNothing(double worked)
    {
        NanoExamples examples = new(3, new Dictionary<string, double> { ["gcd"] = 1, ["parity"] = 1 }, worked);
        ExampleTurn[] turns = [.. Enumerable.Range(0, 3000).SelectMany(i => examples.Training((ulong)i).Turns).Where(t => t.Answer.Length < 12)];
        Assert.All(turns, t => Assert.True(t.Thinking));
        Assert.InRange(turns.Count(t => t.Reasoning.Length > 0) / (double)turns.Length, worked - 0.03, worked + 0.03);
        Assert.NotEqual(examples.Fingerprint, new NanoExamples(3, new Dictionary<string, double> { ["gcd"] = 1, ["parity"] = 1 }).Fingerprint);
    }

    [Fact]
    public void ALevelBoundsAllProblems()
    {
        NanoExamples examples = new(3, NanoExamples.Families.ToDictionary(f => f, _ => 1.0), level: 0);
        for (ulong i = 0; i < 1000; i++)
        {
            (ChatExample example, IReadOnlyList<TaskProblem?> problems) = examples.Compose(i);
            if (problems[0] is { } problem)
            {
                ProceduralTask task = TaskRegistry.Get(example.Family);
                Assert.InRange(task.Size(problem.Truth), 0, task.Levels[0]);
            }
        }
    }

    [Fact]
    public void WrongWeightsAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new NanoExamples(1, worked: 1.1));
        Assert.Throws<ArgumentException>(() => new NanoExamples(1, worked: double.NaN));
        Assert.Throws<ArgumentException>(() => new NanoExamples(1, level: -1));
        Assert.Throws<ArgumentException>(() => new NanoExamples(1, new Dictionary<string, double> { ["poems"] = 1 }));
        Assert.Throws<ArgumentException>(() => new NanoExamples(1, new Dictionary<string, double> { ["gcd"] = -1 }));
        Assert.Throws<ArgumentException>(() => new NanoExamples(1, new Dictionary<string, double> { ["gcd"] = 0 }));
        Assert.Throws<ArgumentException>(() => new NanoExamples(1).Evaluation("chat", 0));
    }

    private static void AssertRight(ProceduralTask task, ExampleTurn turn, TaskProblem problem)
    {
        string completion = $"<think>{turn.Reasoning}</think><answer>{turn.Answer}</answer>";
        Assert.True(task.Check("", completion, ended: true, problem.Truth).Score == 1, $"{turn}");
        if (turn.Thinking)
        {
            Assert.True(Conclusion(task.Name, turn.Reasoning, problem) == turn.Answer, $"{turn}");
        }
    }

    // What a reader of the thinking alone would answer.
    private static string Conclusion(string family, string reasoning, TaskProblem problem)
    {
        string last = reasoning[(reasoning.LastIndexOf(';') + 1)..];
        return family switch
        {
            "addition" => string.Concat(last.Where(char.IsAsciiDigit)),
            "reversing" => string.Concat(last.Where(char.IsAsciiLetterLower)),
            "count_letters" => string.Concat(last.AsEnumerable().Reverse().TakeWhile(char.IsAsciiDigit).Reverse()),
            "sorting" => Sorted(reasoning),
            "gcd" => Divisor(reasoning, problem),
            "word_problems" => string.Concat(last[(last.LastIndexOf('=') + 1)..].Reverse()),
            "multiplication" or "modular" => string.Concat(last[(last.LastIndexOf('=') + 1)..].Reverse()),
            "linear" or "chain_mod100" => last[(last.LastIndexOf('=') + 1)..],
            _ => Conclusions.Of(family, reasoning, problem),
        };
    }

    // The capital letters in their order, each with the number that was read under it.
    private static string Sorted(string reasoning)
    {
        Dictionary<char, int> read = Member().Matches(reasoning.Split(';')[0])
            .ToDictionary(m => char.ToUpperInvariant(m.Groups["letter"].Value[0]), m => int.Parse(m.Groups["minus"].Value + m.Groups["digits"].Value));
        return string.Join(' ', reasoning.Where(char.IsAsciiLetterUpper).Select(letter => read[letter]));
    }

    // The last remainder that is not zero, written from its last digit on; where the first is zero the smaller number.
    private static string Divisor(string reasoning, TaskProblem problem)
    {
        string[] lines = reasoning.Split(';');
        Assert.EndsWith("=0", lines[^1]);
        return lines.Length > 1
            ? string.Concat(lines[^2][(lines[^2].LastIndexOf('=') + 1)..].Reverse())
            : $"{Math.Min(problem.Truth.Integer("a"), problem.Truth.Integer("b"))}";
    }

    [GeneratedRegex("(?<minus>-?)(?<letter>[a-z])(?<digits>[0-9]{2})", RegexOptions.CultureInvariant)]
    private static partial Regex Member();

    private static string Lengths(List<ExampleTurn> turns, Func<ExampleTurn, string> part) =>
        $"{turns.Average(t => part(t).Length):F1}/{turns.Max(t => part(t).Length)}";
}
