using Razum.Text;
using Razum.Training.Data.Cleaning;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Samples;

/// <summary>
/// The samples that are good enough to train on (R1's third stage): correct, readable, no two alike, few of each problem. What comes out does not depend on
/// the order of the samples.
/// </summary>
public static class RejectionSampling
{
    /// <summary>The samples kept, in the order of their problems, and what became of the others.</summary>
    public static (IReadOnlyList<Sample> Kept, RejectionReport Report) Select(IEnumerable<Sample> samples, RejectionOptions options)
    {
        List<Sample> kept = [];
        var report = new RejectionReport();
        IGrouping<string, Sample>[] problems =
            [.. samples.OrderBy(s => s.Index).ThenBy(s => s.Draw).ThenBy(s => s.Answer, StringComparer.Ordinal).GroupBy(s => s.Problem)];
        foreach (IGrouping<string, Sample> problem in problems)
        {
            int before = kept.Count;
            report = Choose([.. problem], options, kept, report);
            report = report with { Problems = (report.Problems.Kept + (kept.Count > before ? 1 : 0), problems.Length) };
        }

        return (kept, report with { Kept = kept.Count });
    }

    /// <summary>The conversation that a sample is.</summary>
    public static Conversation ToConversation(Sample sample) =>
        new([new ChatMessage("user", sample.Prompt), new ChatMessage("assistant", sample.Answer, sample.Reasoning)]);

    /// <summary>The pass rates of the problems; samples whose judge failed do not count.</summary>
    public static PassRates Rates(IEnumerable<Sample> samples)
    {
        var rates = new PassRates();
        foreach (IGrouping<string, Sample> problem in samples.Where(s => s.Outcome != TaskOutcome.Error).GroupBy(s => s.Problem))
        {
            rates.Add(problem.Key, problem.Count(), problem.Count(s => s.Outcome == TaskOutcome.Correct));
        }

        return rates;
    }

    private static RejectionReport Choose(Sample[] attempts, RejectionOptions options, List<Sample> kept, RejectionReport report)
    {
        report = report with { Given = report.Given + attempts.Length };
        if (attempts.Count(s => s.Outcome == TaskOutcome.Correct) > options.HighestPassRate * attempts.Length)
        {
            return report with { Easy = report.Easy + attempts.Length };
        }

        IEnumerable<Sample> order = options.Shortest ? attempts.OrderBy(s => s.Tokens) : attempts;
        HashSet<string> texts = [];
        int chosen = 0;
        foreach (Sample sample in order)
        {
            if (sample.Outcome != TaskOutcome.Correct && !(options.Unverified && sample.Outcome == TaskOutcome.Wrong))
            {
                report = report with { NotCorrect = report.NotCorrect + 1 };
            }
            else if (sample.Answer.Length == 0 || !Readability.IsReadable($"{sample.Reasoning}\n{sample.Answer}", sample.Prompt))
            {
                report = report with { Unreadable = report.Unreadable + 1 };
            }
            else if (options.ThinkingOnly && string.IsNullOrWhiteSpace(sample.Reasoning))
            {
                report = report with { Thoughtless = report.Thoughtless + 1 };
            }
            else if (!texts.Add(Words.Normalise(sample.Reasoning) + "\n" + Words.Normalise(sample.Answer)))
            {
                report = report with { Repeated = report.Repeated + 1 };
            }
            else if (options.MostPerProblem > 0 && chosen == options.MostPerProblem)
            {
                report = report with { Surplus = report.Surplus + 1 };
            }
            else
            {
                kept.Add(sample);
                chosen++;
            }
        }

        return report;
    }
}
