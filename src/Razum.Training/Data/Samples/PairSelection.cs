using Razum.Text;
using Razum.Training.Data.Cleaning;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Samples;

/// <summary>
/// Makes pairs of the samples of a problem: a correct and readable one is chosen, a wrong one rejected; or, to teach brevity, the shortest is chosen and correct
/// ones that are much longer are rejected (long2short, arXiv 2501.12599). What comes out does not depend on the order of the samples.
/// </summary>
public static class PairSelection
{
    /// <summary>How many times as long as the shortest a correct answer is that is rejected for its length.</summary>
    private const double Longer = 1.5;

    /// <summary>Pairs, in the order of their problems.</summary>
    /// <param name="samples">Judged samples.</param>
    /// <param name="options">Which may be chosen, and how many pairs of a problem. With <see cref="RejectionOptions.Shortest"/> it is always the shortest.</param>
    /// <param name="longer">Whether longer answers are rejected in place of wrong ones; the shortest is then chosen.</param>
    public static (IReadOnlyList<PreferencePair> Pairs, PairReport Report) Select(IReadOnlyList<Sample> samples, RejectionOptions options, bool longer)
    {
        options = options with { Shortest = options.Shortest || longer };
        ILookup<string, Sample> attempts = samples.OrderBy(s => s.Index).ThenBy(s => s.Draw).ThenBy(s => s.Answer, StringComparer.Ordinal).ToLookup(s => s.Problem);
        List<PreferencePair> pairs = [];
        var report = new PairReport { Problems = (0, attempts.Count) };
        foreach (IGrouping<string, Sample> problem in RejectionSampling.Select(samples, options with { MostPerProblem = 0 }).Kept.GroupBy(s => s.Problem))
        {
            Sample[] good = [.. problem];
            IEnumerable<Sample> others = Rejected(attempts[problem.Key], good[0], longer);
            Sample[] bad = [.. options.MostPerProblem > 0 ? others.Take(options.MostPerProblem) : others];
            pairs.AddRange(bad.Select((b, i) => Pair(good[options.Shortest ? 0 : i % good.Length], b)));
            report = bad.Length > 0
                ? report with { Problems = (report.Problems.Kept + 1, attempts.Count) }
                : report with { NothingToReject = report.NothingToReject + 1 };
        }

        int without = attempts.Count - report.Problems.Kept - report.NothingToReject;
        return (pairs, report with { Pairs = pairs.Count, NothingToChoose = without });
    }

    /// <summary>
    /// What may be rejected, no two alike. An answer that was cut off has no end, and one that is malformed is not what the chat format would write: neither
    /// would be rejected as the model said it.
    /// </summary>
    private static IEnumerable<Sample> Rejected(IEnumerable<Sample> attempts, Sample shortest, bool longer) => attempts
        .Where(s => s.Answer.Length > 0)
        .Where(s => longer ? s.Outcome == TaskOutcome.Correct && s.Tokens >= Longer * shortest.Tokens : s.Outcome is TaskOutcome.Wrong or TaskOutcome.Unparseable)
        .Where(s => Text(s) != Text(shortest))
        .DistinctBy(Text);

    private static string Text(Sample sample) => Words.Normalise(sample.Reasoning) + "\n" + Words.Normalise(sample.Answer);

    private static PreferencePair Pair(Sample chosen, Sample rejected) => new([new ChatMessage("user", chosen.Prompt)], Answer(chosen), Answer(rejected));

    private static ChatMessage Answer(Sample sample) => RejectionSampling.ToConversation(sample).Messages[^1];
}
