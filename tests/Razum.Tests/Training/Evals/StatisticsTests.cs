using Razum.Training.Evals;
using Razum.Training.Tasks;

namespace Razum.Tests.Training.Evals;

/// <summary>Intervals and estimators against values computed by other means.</summary>
public sealed class StatisticsTests
{
    [Theory] // statsmodels proportion_confint(method="wilson")
    [InlineData(0, 10, 0, 0.2775327998628892)]
    [InlineData(10, 10, 0.7224672001371107, 1)]
    [InlineData(5, 10, 0.23659309051256296, 0.763406909487437)]
    [InlineData(450, 500, 0.8705669862446, 0.9233285498)]
    public void Wilson_is_the_published_interval(int successes, int trials, double low, double high)
    {
        Interval interval = Statistics.Wilson(successes, trials);
        Assert.Equal(low, interval.Low, 1e-3);
        Assert.Equal(high, interval.High, 1e-3);
        Assert.Equal((double)successes / trials, interval.Value);
    }

    [Fact]
    public void Pass_at_k_is_the_share_of_subsets_with_a_right_one()
    {
        for (int correct = 0; correct <= 6; correct++)
        {
            for (int k = 1; k <= 6; k++)
            {
                int subsets = 0;
                int right = 0;
                for (int set = 0; set < 64; set++)
                {
                    if (int.PopCount(set) == k)
                    {
                        subsets++;
                        right += (set & ((1 << correct) - 1)) != 0 ? 1 : 0;
                    }
                }

                Assert.Equal((double)right / subsets, Statistics.PassAtK(6, correct, k), 1e-12);
            }
        }
    }

    [Fact]
    public void Bootstrap_covers_the_mean_and_narrows_with_more_prompts()
    {
        Interval few = Statistics.Bootstrap([.. Enumerable.Range(0, 40).Select(i => i % 2.0)], 1);
        Interval many = Statistics.Bootstrap([.. Enumerable.Range(0, 4000).Select(i => i % 2.0)], 1);
        Assert.Equal(0.5, few.Value);
        Assert.InRange(few.High - few.Low, 0.25, 0.36); // 2 * 1.96 * 0.5 / sqrt(40) = 0.31
        Assert.InRange(many.High - many.Low, 0.025, 0.036);
        Assert.Equal(few, Statistics.Bootstrap([.. Enumerable.Range(0, 40).Select(i => i % 2.0)], 1));
    }

    [Fact]
    public void A_report_is_a_table_and_json()
    {
        var report = new EvaluationReport
        {
            Model = "nano",
            K = 8,
            Seed = 1,
            Families =
            [
                new FamilyResult { Family = "gcd", Prompts = 500, Greedy = Statistics.Wilson(450, 500), PassAtK = new Interval(0.99, 0.98, 1), MeanTokens = 31, Truncated = 0, WellFormed = 1 },
                new FamilyResult { Family = "sorting", Prompts = 500, Greedy = Statistics.Wilson(500, 500), MeanTokens = 20, Truncated = 0.01, WellFormed = 0.99 },
            ],
            Answers = [new EvaluationAnswer("gcd", "gcd(8,6)", "8%6=2;6%2=0</think>2", TaskOutcome.Correct, 17)],
        };
        string[] lines = report.ToMarkdown().Split('\n');
        Assert.Equal("| gcd | 500 | 90.0 % [87.1, 92.3] | - | 99.0 % [98.0, 100.0] | 31.0 | 0.0 % | 100.0 % |", lines[2]);
        Assert.StartsWith("| **average** | 1000 | **95.0 %** |", lines[4], StringComparison.Ordinal);
        Assert.Contains("\"average_greedy\": 0.95", report.ToJson(), StringComparison.Ordinal);
        Assert.Contains("\"prompt\":\"gcd(8,6)\"", report.AnswersToJsonLines(), StringComparison.Ordinal);
    }
}
