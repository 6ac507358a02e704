using System.Text.Json;
using Razum.Training.Runs;
using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Tests.Training.Verifiers;

/// <summary>Rewards composed by name, and errors that never become a number.</summary>
public sealed class RewardTests
{
    [Fact]
    public void PartsAreWeightedAndNamed()
    {
        Reward reward = Read("""[{"verifier": "task", "weight": 2}, {"verifier": "task", "name": "again", "weight": 0.5}]""");
        (Problem problem, Completion right, Completion wrong) = Sum();

        RewardResult result = reward.Score(problem, right);
        Assert.Equal((2.5, VerdictOutcome.Correct), (result.Total, result.Outcome));
        Assert.Equal(["again", "task"], result.Parts.Keys.Order());
        Assert.Equal((0.0, VerdictOutcome.Wrong), (reward.Score(problem, wrong).Total, reward.Score(problem, wrong).Outcome));
        Assert.Equal(VerdictOutcome.NoAnswer, reward.Score(problem, right with { Ended = false }).Outcome);
        Assert.Equal(VerdictOutcome.NoAnswer, reward.Score(problem, new Completion("7", true, 1)).Outcome);
    }

    [Fact]
    public void AnErrorIsNeverANumber()
    {
        (Problem problem, Completion right, _) = Sum();
        Reward reward = new([new RewardPart("task", new TaskVerifier(), 1), new RewardPart("broken", new BrokenVerifier(), 0)]);
        RewardResult result = reward.Score(problem, right);
        Assert.Equal(VerdictOutcome.Error, result.Outcome);
        Assert.True(double.IsNaN(result.Total));
        Assert.Equal("broken: addition: no such luck", result.Fault);

        RewardResult bad = Read("""[{"verifier": "task"}]""").Score(problem with { Truth = [] }, right);
        Assert.Equal(VerdictOutcome.Error, bad.Outcome);
        Assert.Contains("truth: field 'answer' is missing", bad.Fault);
    }

    [Theory]
    [InlineData("""[{"verifier": "oracle"}]""", "run.json: rewards[0].verifier: expected one of")]
    [InlineData("""[{"verifier": "task", "wieght": 1}]""", "run.json: rewards[0].wieght: unknown field")]
    [InlineData("""[{"verifier": "task"}, {"verifier": "task"}]""", "run.json: rewards[1].name: two rewards are called 'task'")]
    [InlineData("""[{"verifier": "task", "weight": "much"}]""", "run.json: rewards[0].weight: expected a number")]
    [InlineData("[]", "run.json: rewards: expected a list of at least one")]
    public void FaultsOfRunFilesAreNamed(string json, string message) =>
        Assert.StartsWith(message, Assert.Throws<InvalidDataException>(() => Read(json)).Message);

    internal static Reward Read(string json)
    {
        using JsonDocument document = JsonDocument.Parse($$"""{"rewards": {{json}}}""");
        return Reward.Read(new RunFields("run.json", "", document.RootElement).Objects("rewards"));
    }

    private static (Problem Problem, Completion Right, Completion Wrong) Sum()
    {
        TaskRandom random = new(3, 0, 0);
        ProceduralTask task = TaskRegistry.Get("addition");
        Problem problem = Problem.Of(task, task.Generate(ref random));
        return (problem, Answer(problem.Answer), Answer(problem.Answer + "0"));

        static Completion Answer(string text) => new($"\nsum\n</think>\n<answer>{text}</answer>", true, 9, "<think>");
    }

    private sealed class BrokenVerifier : Verifier
    {
        public override string Name => "broken";

        protected override Verdict Judge(Problem problem, Completion completion) => throw new InvalidOperationException("no such\nluck");
    }
}
