using Razum.Text;
using Razum.Training.Data;
using Razum.Training.Data.Samples;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Data.Samples;

/// <summary>Which samples become pairs.</summary>
public sealed class PairSelectionTests
{
    private static readonly Sample[] s_samples =
    [
        Make("a", 0, "9%6=3;6%3=0", "3", tokens: 12),
        Make("a", 1, "6%3=0", "3", tokens: 6),
        Make("a", 2, "it is", "4", TaskOutcome.Wrong),
        Make("a", 3, "it  is", "4", TaskOutcome.Wrong),
        Make("a", 4, "or", "five", TaskOutcome.Unparseable),
        Make("a", 5, "or", "6", TaskOutcome.Wrong),
        Make("a", 6, "cut off", "", TaskOutcome.Truncated),
        Make("a", 7, "two", "3</answer>", TaskOutcome.Malformed),
        Make("b", 0, "x", "1"),
        Make("c", 0, "x", "1", TaskOutcome.Wrong),
    ];

    [Fact]
    public void Right_answers_are_chosen_and_wrong_ones_rejected()
    {
        (IReadOnlyList<PreferencePair> pairs, PairReport report) = PairSelection.Select([.. s_samples.Reverse()], new RejectionOptions(), longer: false);
        Assert.Equal([("9%6=3;6%3=0", "4"), ("6%3=0", "five"), ("9%6=3;6%3=0", "6")], pairs.Select(p => (p.Chosen.ReasoningContent, p.Rejected.Content)));
        Assert.All(pairs, p => Assert.Equal([new ChatMessage("user", "gcd?")], p.Prompt));
        Assert.Equal(new PairReport { Pairs = 3, Problems = (1, 3), NothingToChoose = 1, NothingToReject = 1 }, report);
        Assert.Equal("3 pairs of 1 of 3 problems; 1 have no answer to choose, 1 none to reject", report.ToString());

        pairs = PairSelection.Select(s_samples, new RejectionOptions { Shortest = true, MostPerProblem = 2 }, longer: false).Pairs;
        Assert.Equal([("6%3=0", "4"), ("6%3=0", "five")], pairs.Select(p => (p.Chosen.ReasoningContent, p.Rejected.Content)));
    }

    [Fact]
    public void Longer_answers_are_rejected_where_brevity_is_taught()
    {
        (IReadOnlyList<PreferencePair> pairs, PairReport report) = PairSelection.Select(s_samples, new RejectionOptions(), longer: true);
        Assert.Equal(("6%3=0", "9%6=3;6%3=0"), (Assert.Single(pairs).Chosen.ReasoningContent, pairs[0].Rejected.ReasoningContent));
        Assert.Equal(1, report.NothingToReject);
        Assert.Empty(PairSelection.Select([.. s_samples.Select(s => s with { Tokens = 6 + s.Draw })], new RejectionOptions(), longer: true).Pairs);
    }

    private static Sample Make(string problem, int draw, string reasoning, string answer, TaskOutcome outcome = TaskOutcome.Correct, int tokens = 5) =>
        new("gcd", problem, problem[0] - 'a', draw, "gcd?", reasoning, answer, outcome, tokens, -1);
}
