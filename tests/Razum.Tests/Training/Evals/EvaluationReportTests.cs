using Razum.Training.Evals;
using Razum.Training.Plots;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Evals;

/// <summary>From attempts to figures: votes, best of n, means; the table, JSON, the picture, and the comparison of two models.</summary>
public sealed class EvaluationReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Figures_of_a_family_are_those_counted_by_hand()
    {
        // Two prompts of four samples. First: 7 7 3 cut off, right is 7. Second: 1 2 2 9, right is 1, and 1 is the most probable.
        PromptScore first = new(Try("7", true), [Try("7", true, -4), Try("7", true, -2), Try("3", false, -1), Cut()]);
        PromptScore second = new(Try("2", false), [Try("1", true, -1), Try("2", false, -2), Try("2", false, -3, "so"), Try("9", false, -9)]);
        FamilyResult result = FamilyResult.Of("gcd", [first, second], 1);
        Assert.Equal(0.5, result.Greedy.Value);
        Assert.Equal(((2.0 / 4) + (1.0 / 4)) / 2, result.Sampled!.Value.Value);
        Assert.Equal(((1 - (1.0 / 6)) + (1.0 / 2)) / 2, result.PassAt![2].Value, 1e-12); // C(2,2)/C(4,2), C(3,2)/C(4,2)
        Assert.Equal([1, 2, 4], result.PassAt.Keys);
        Assert.Equal(1, result.PassAtK!.Value.Value);
        Assert.Equal(0.5, result.Majority!.Value.Value); // 7 wins, 2 wins
        Assert.Equal(0.5, result.BestOfK!.Value.Value); // 3 is the most probable, 1 is
        Assert.Equal(1.0 / 8, result.SampledTruncated);
        Assert.Equal(7.0 / 8, result.SampledWellFormed);
        Assert.Equal((1.0 / 8, 0.0), (result.Thinking, result.CorrectWithThinking));
        Assert.Equal(3.0 / 7, result.CorrectAtOnce!.Value, 1e-12);
    }

    [Fact]
    public void Votes_without_an_answer_do_not_count_and_ties_go_to_the_first()
    {
        Assert.False(new PromptScore(Cut(), [Cut(), Cut(), Cut()]).MajorityIsCorrect);
        Assert.True(new PromptScore(Cut(), [Cut(), Cut(), Try("1", true)]).MajorityIsCorrect);
        Assert.True(new PromptScore(Cut(), [Try("1", true), Try("2", false)]).MajorityIsCorrect);
        Assert.False(new PromptScore(Cut(), [Try("2", false), Try("1", true)]).MajorityIsCorrect);
    }

    [Fact]
    public void A_report_is_a_table_json_and_a_picture()
    {
        EvaluationReport report = Report("nano", 8);
        string[] lines = report.ToMarkdown().Split('\n');
        Assert.Equal("| family | n | greedy | pass@1 | pass@8 | maj@8 | best of 8 | tokens | truncated | well formed |", lines[0]);
        Assert.StartsWith("| gcd | 20 | 75.0 % [53.1, 88.8] |", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("| **average** | 40 | **", lines[4], StringComparison.Ordinal);
        Assert.Equal(lines[0].Count(c => c == '|'), lines[4].Count(c => c == '|'));
        string json = report.ToJson();
        Assert.Contains("\"average_greedy\": 0.75", json, StringComparison.Ordinal);
        Assert.Contains("\"maj@8\": {", json, StringComparison.Ordinal);
        Assert.Contains("\"pass_at\": {", json, StringComparison.Ordinal);
        Assert.Equal(40, report.AnswersToJsonLines().Count(c => c == '\n'));
        EvaluationPlot.Draw(report, null, _folder.File("report.png"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(_folder.File("report.png"))[..4]);
    }

    [Fact]
    public void Without_samples_only_greedy_figures_are_shown()
    {
        string table = Report("nano", 0).ToMarkdown();
        Assert.StartsWith("| family | n | greedy | tokens | truncated | well formed |\n", table, StringComparison.Ordinal);
        Assert.DoesNotContain("@", table, StringComparison.Ordinal);
        EvaluationPlot.Draw(Report("nano", 0), Report("other", 0), _folder.File("two.png"));
        Assert.True(File.Exists(_folder.File("two.png")));
    }

    [Fact]
    public void Two_models_are_compared_prompt_by_prompt()
    {
        EvaluationReport first = Report("a", 4);
        EvaluationReport second = Report("b", 4, shift: 1);
        EvaluationComparison comparison = EvaluationComparison.Of(first, second);
        Assert.Equal(["gcd", "parity", "all"], comparison.Families.Select(f => f.Family));
        FamilyComparison all = comparison.Families[^1];
        Assert.Equal((40, 10, 10, 1.0), (all.Prompts, all.OnlyFirst, all.OnlySecond, all.P));
        Assert.Equal(0, all.Sampled!.Value.Value, 1e-12);
        Assert.Contains("| all | 40 | 75.0 % | 75.0 % | 10 | 10 | 1.000 | 0.0 % [", comparison.ToMarkdown(), StringComparison.Ordinal);
        Assert.Contains("\"only_first\": 10", comparison.ToJson(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => EvaluationComparison.Of(first, second with { Answers = [] }));
    }

    public void Dispose() => _folder.Dispose();

    private static EvaluationReport Report(string model, int k, int shift = 0)
    {
        FamilyResult[] families = [.. ((string[])["gcd", "parity"]).Select(name => FamilyResult.Of(
            name,
            [.. Enumerable.Range(0, 20).Select(i => new PromptScore(
                Try("1", (i + shift) % 4 != 0),
                [.. Enumerable.Range(0, k).Select(d => Try($"{d % 2}", (i + d + shift) % 4 == 0))]))],
            1))];
        return new EvaluationReport
        {
            Model = model,
            K = k,
            Seed = 1,
            Families = families,
            Answers = [.. families.SelectMany(f => Enumerable.Range(0, 20).Select(i => new EvaluationAnswer(f.Family, $"{i}", "", TaskOutcome.Correct, "1", 3)))],
        };
    }

    private static Attempt Try(string answer, bool correct, double logprob = -1, string reasoning = "") =>
        new("", reasoning, answer, new TaskVerdict(correct ? TaskOutcome.Correct : TaskOutcome.Wrong, answer), 1, logprob);

    private static Attempt Cut() => new("", "", "", new TaskVerdict(TaskOutcome.Truncated, null), 9, -90);
}
