using Razum.Training.Evals;

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

    [Theory] // scipy.stats.binomtest(min, n, 0.5).pvalue
    [InlineData(0, 0, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(0, 5, 0.0625)]
    [InlineData(5, 0, 0.0625)]
    [InlineData(2, 10, 0.03857421875)]
    [InlineData(1, 11, 0.00634765625)]
    [InlineData(40, 60, 0.056887933640980784)]
    public void McNemar_is_the_exact_binomial_test(int first, int second, double p) => Assert.Equal(p, Statistics.McNemar(first, second), 1e-12);

    [Fact]
    public void McNemar_of_many_prompts_keeps_its_digits()
    {
        // Normal approximation with continuity correction: z = 199 / sqrt(10000), erfc(z / sqrt 2) = 0.0466.
        Assert.Equal(0.0466, Statistics.McNemar(4900, 5100), 5e-4);
        Assert.InRange(Statistics.McNemar(0, 5000), 0, 1e-300);
    }

    [Fact]
    public void A_paired_bootstrap_sees_a_difference_that_separate_intervals_hide()
    {
        // Prompts differ much from each other, the models by 0.05 on each of them but a few.
        double[] first = [.. Enumerable.Range(0, 200).Select(i => (i % 10) / 10.0)];
        double[] second = [.. first.Select((v, i) => v + (i % 20 == 0 ? -0.05 : 0.05))];
        (Interval difference, double p) = Statistics.PairedBootstrap(first, second, 1);
        Assert.Equal(0.045, difference.Value, 1e-12);
        Assert.InRange(difference.Low, 0.04, 0.045); // standard error 0.0218 / sqrt(200) = 0.0015
        Assert.InRange(difference.High, 0.045, 0.05);
        Assert.InRange(p, 0, 0.001);
        Assert.Equal((difference, p), Statistics.PairedBootstrap(first, second, 1));
        Assert.Equal((-difference.Value, p), (Statistics.PairedBootstrap(second, first, 1).Difference.Value, Statistics.PairedBootstrap(second, first, 1).P));
        Assert.Equal((new Interval(0, 0, 0), 1.0), Statistics.PairedBootstrap(first, first, 1));
    }

    [Fact]
    public void Chance_alone_is_seldom_significant()
    {
        int below = 0;
        for (int run = 0; run < 100; run++)
        {
            var random = new Random(run);
            double[] first = [.. Enumerable.Range(0, 100).Select(_ => random.NextDouble())];
            double[] second = [.. Enumerable.Range(0, 100).Select(_ => random.NextDouble())];
            below += Statistics.PairedBootstrap(first, second, run).P < 0.05 ? 1 : 0;
        }

        Assert.InRange(below, 0, 12); // 5 expected
    }

    [Fact]
    public void The_interval_of_a_mean_is_narrower_than_those_of_its_parts()
    {
        Interval one = Statistics.Wilson(50, 100);
        Interval mean = Statistics.Mean([one, one, one, one]);
        Assert.Equal(0.5, mean.Value);
        Assert.Equal((one.High - one.Low) / 2, mean.High - mean.Low, 1e-12); // 1 / sqrt(4)
        Assert.Equal(one, Statistics.Mean([one]));
    }

    [Fact]
    public void Empty_sets_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.Wilson(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.Bootstrap([], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.Mean([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.PairedBootstrap([], [], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.PairedBootstrap([1], [1, 2], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FamilyResult.Of("gcd", [], 1));
    }
}
