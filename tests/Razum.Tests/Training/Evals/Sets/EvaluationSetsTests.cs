using Parquet.Serialization;
using Razum.Training.Evals;
using Razum.Training.Evals.Sets;
using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Tests.Training.Evals.Sets;

/// <summary>Published sets in their layouts (rows written here in the same form), and everything that is not one of them.</summary>
public sealed class EvaluationSetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void GSM8K()
    {
        Write("test.jsonl", """{"question": "Two and 1,000?", "answer": "2+1000 = <<2+1000=1002>>1,002\n#### 1,002"}""");
        EvaluationSet set = EvaluationSets.Parse($"gsm8k={_folder.Path}");
        Assert.Equal(("Two and 1,000?", "1002"), (set.Problems[0].Prompt, set.Problems[0].Answer));
        EvaluationPrompt prompt = set.ToFamily(null, 1).Prompts[0];
        Assert.StartsWith("Two and 1,000?\n\nPlease reason step by step", prompt.Text, StringComparison.Ordinal);
        Assert.Equal(TaskOutcome.Correct, prompt.Check("<think>", "add</think>It is \\boxed{1002}.", true).Outcome);
        Assert.Equal(TaskOutcome.Wrong, prompt.Check("<think>", "add</think>It is \\boxed{1003}.", true).Outcome);
        Assert.Equal(TaskOutcome.Truncated, prompt.Check("<think>", "add", false).Outcome);
    }

    [Fact]
    public void MATH_in_folders_and_as_lines()
    {
        Write("MATH/test/algebra/1.json", """{"problem": "p1", "level": "Level 5", "type": "Algebra", "solution": "so $\\boxed{3}$, no: $\\boxed{\\frac{1}{2}}$."}""");
        Write("MATH/test/geometry/7.json", """{"problem": "p2", "level": "Level 1", "type": "Geometry", "solution": "$\\boxed 4$"}""");
        Write("MATH/train/algebra/1.json", """{"problem": "trained", "solution": "$\\boxed{5}$"}""");
        Assert.Equal([("p1", "\\frac{1}{2}"), ("p2", "4")], EvaluationSets.Read("math", _folder.File("MATH")).Problems.Select(p => (p.Prompt, p.Answer)));
        Write("test.jsonl", """{"problem": "p", "solution": "long", "answer": "\\left( 3, \\frac{\\pi}{2} \\right)", "subject": "Precalculus", "level": 2, "unique_id": "x"}""");
        Assert.Equal("\\left( 3, \\frac{\\pi}{2} \\right)", EvaluationSets.Read("math", _folder.File("test.jsonl")).Problems[0].Answer);
    }

    [Fact]
    public async Task AIME_as_lines_and_as_parquet()
    {
        Write("aime.jsonl", """{"ID": "2024-I-1", "Problem": "p", "Solution": "s", "Answer": 204}""");
        Assert.Equal(("p", "204"), Only("aime", "aime.jsonl"));
        await ParquetSerializer.SerializeAsync(
            [new Competition { Problem = "q", Answer = "025" }], _folder.File("aime.parquet"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(("q", "025"), Only("aime", "aime.parquet"));
    }

    [Fact]
    public void GPQA_choices_are_shuffled_once_and_for_all()
    {
        string[] rows = [.. Enumerable.Range(0, 400).Select(i => $"\"Question {i}, \"\"so\"\"?\nGo\",right {i},wrong 1,wrong 2,wrong 3,rec{i}")];
        Write("gpqa_diamond.csv", "Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3,Record ID\n" + string.Join('\n', rows) + "\n");
        EvaluationSet set = EvaluationSets.Read("gpqa", _folder.File("gpqa_diamond.csv"));
        Assert.Equal(400, set.Problems.Count);
        Assert.All(set.Problems.Select((p, i) => (p, i)), q => Assert.Contains($"{q.p.Answer}) right {q.i}", q.p.Prompt + "\n", StringComparison.Ordinal));
        Assert.All(set.Problems.GroupBy(p => p.Answer), letter => Assert.InRange(letter.Count(), 70, 130)); // 100 expected, 8.7 deviation
        Assert.Equal(set.Problems, EvaluationSets.Read("gpqa", _folder.File("gpqa_diamond.csv")).Problems);
        Assert.StartsWith("Question 0, \"so\"?\nGo\n\nA) ", set.Problems[0].Prompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MMLU_as_columns_without_heading_and_as_parquet()
    {
        Write("data/test/abstract_algebra_test.csv", "\"Find the degree, please.\",0,4,2,6,B\n");
        Write("data/test/anatomy_test.csv", "Which?,a,b,c,d,D\n");
        Write("data/dev/anatomy_dev.csv", "Shown?,a,b,c,d,A\n");
        EvaluationSet set = EvaluationSets.Read("mmlu", _folder.File("data"));
        Assert.Equal(["B", "D"], set.Problems.Select(p => p.Answer));
        Assert.Equal("Find the degree, please.\n\nA) 0\nB) 4\nC) 2\nD) 6", set.Problems[0].Prompt);
        await ParquetSerializer.SerializeAsync(
            [new Choice { question = "Which?", choices = ["a", "b", "c", "d"], answer = 3 }], _folder.File("mmlu.parquet"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(("Which?\n\nA) a\nB) b\nC) c\nD) d", "D"), Only("mmlu", "mmlu.parquet"));
    }

    [Theory]
    [InlineData("gsm8k", "a.jsonl", """{"question": "q", "answer": "12"}""", "line 1: the answer has no number after ####")]
    [InlineData("gsm8k", "a.jsonl", """{"question": "", "answer": "#### 12"}""", "line 1: no 'question'")]
    [InlineData("gsm8k", "a.jsonl", "", "no questions of gsm8k")]
    [InlineData("math", "a.jsonl", """{"problem": "q", "solution": "\\boxed{1"}""", "line 1: no answer, and no \\boxed{}")]
    [InlineData("math", "a.jsonl", """{"problem": "q"}""", "line 1: no 'solution'")]
    [InlineData("aime", "a.jsonl", """{"problem": ["q"], "answer": "1"}""", "'problem' is not a text")]
    [InlineData("gpqa", "a.csv", "Question,Correct Answer\nq,a\n", "line 2: no 'Incorrect Answer 1'")]
    [InlineData("mmlu", "a.csv", "q,a,b,c,d,E\n", "line 1: 'E' is none of the 4 choices")]
    [InlineData("mmlu", "a.csv", "q,a,b,c,A\n", "line 1: 5 columns, not 6")]
    [InlineData("mmlu", "a.jsonl", """{"question": "q", "choices": ["a", 1], "answer": 0}""", "a choice is not a text")]
    [InlineData("mmlu", "a.jsonl", """{"question": "q", "choices": ["a", "b"], "answer": 2}""", "'2' is none of the 2 choices")]
    public void Other_layouts_are_one_line(string name, string file, string content, string expected)
    {
        Write(file, content);
        string message = Assert.Throws<InvalidDataException>(() => EvaluationSets.Read(name, _folder.File(file))).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("gsm8k")]
    [InlineData("=x")]
    [InlineData("poems=x")]
    public void Other_names_are_refused(string text) => Assert.Contains("gsm8k", Assert.Throws<ArgumentException>(() => EvaluationSets.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_part_of_a_set_is_a_fixed_random_choice()
    {
        Write("test.jsonl", string.Join('\n', Enumerable.Range(0, 100).Select(i => $$"""{"question": "q{{i}}", "answer": "#### {{i}}"}""")));
        EvaluationSet set = EvaluationSets.Read("gsm8k", _folder.Path);
        string[] Ask(int seed) => [.. set.ToFamily(20, seed).Prompts.Select(p => p.Text)];
        Assert.Equal(20, Ask(1).Distinct().Count());
        Assert.Equal(Ask(1), Ask(1));
        Assert.NotEqual(Ask(1), Ask(2));
        Assert.Equal(100, set.ToFamily(200, 1).Prompts.Count);
    }

    [Fact]
    public void Every_gold_answer_is_right_and_nothing_else_is()
    {
        Write("test.jsonl", """{"question": "q", "answer": "#### 12"}""");
        EvaluationSet set = EvaluationSets.Read("gsm8k", _folder.Path);
        foreach ((string completion, TaskOutcome outcome) in new[]
        {
            ("</think>\\boxed{12}", TaskOutcome.Correct),
            ("</think>", TaskOutcome.Unparseable),
            ("</think>\\boxed{13}", TaskOutcome.Wrong),
        })
        {
            Assert.Equal(outcome, set.ToFamily(null, 1).Prompts[0].Check("<think>", completion, true).Outcome);
        }
    }

    public void Dispose() => _folder.Dispose();

    private (string Prompt, string Answer) Only(string name, string file)
    {
        Problem problem = Assert.Single(EvaluationSets.Read(name, _folder.File(file)).Problems);
        return (problem.Prompt, problem.Answer);
    }

    private void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        File.WriteAllText(_folder.File(name), content);
    }

    private sealed class Competition
    {
        public string? Problem { get; set; }

        public string? Answer { get; set; }
    }

    private sealed class Choice
    {
        public string? question { get; set; }

        public List<string>? choices { get; set; }

        public long answer { get; set; }
    }
}
