using Razum.Inference;
using Razum.Inference.Sampling;

namespace Razum.Tests.Inference.Sampling;

/// <summary>Filters against sorting everything, on rows with many ties; draws, random numbers, options, allocations.</summary>
public sealed class SamplerTests
{
    [Theory]
    [InlineData(1, 4)]
    [InlineData(33, 3)]
    [InlineData(700, 40)]
    [InlineData(5000, 1_000_000)]
    public void SelectionEqualsSorting(int vocabSize, int levels)
    {
        Random random = new(vocabSize);
        Candidates candidates = new(vocabSize);
        for (int round = 0; round < 40; round++)
        {
            float[] logits = [.. Enumerable.Range(0, vocabSize).Select(_ => random.Next(9) == 0 ? float.NegativeInfinity : random.Next(levels) * 12f / levels)];
            logits[random.Next(vocabSize)] = 3;
            SamplingOptions options = new()
            {
                Temperature = 0.3 + (2 * random.NextDouble()),
                TopK = random.Next(vocabSize + 1),
                TopP = round % 5 == 0 ? 1 : random.NextDouble(),
                MinP = round % 3 == 0 ? random.NextDouble() / 4 : 0,
            };
            new Sampler(options, vocabSize, [], 1).Filter(logits, candidates);
            Assert.Equal(BySorting(logits, options), candidates.Ids.ToArray());
        }
    }

    [Fact]
    public void TopPOfZeroKeepsTheBestAlone()
    {
        Candidates candidates = new(4);
        new Sampler(new SamplingOptions { TopP = 0 }, 4, [], 1).Filter([1, 5, 5, 2], candidates);
        Assert.Equal([1], candidates.Ids.ToArray());
    }

    [Fact]
    public void GreedyTakesTheLowestOfEqualIds()
    {
        Candidates candidates = new(4);
        Assert.Equal(1, new Sampler(SamplingOptions.Greedy, 4, [], 7).Next([1, 5, 5, 2], candidates));
    }

    [Fact]
    public void DrawsFollowTheDistribution()
    {
        float[] logits = [0, 1, 2, float.NegativeInfinity, 3];
        Candidates candidates = new(logits.Length);
        Sampler sampler = new(new SamplingOptions(), logits.Length, [], 42);
        const int Draws = 40_000;
        double[] counts = new double[logits.Length];
        for (int i = 0; i < Draws; i++)
        {
            counts[sampler.Next(logits, candidates)]++;
        }

        double total = logits.Sum(x => Math.Exp(x));
        for (int i = 0; i < logits.Length; i++)
        {
            double p = Math.Exp(logits[i]) / total;
            Assert.InRange(counts[i] / Draws, p - (4.5 * Math.Sqrt(p * (1 - p) / Draws)), p + (4.5 * Math.Sqrt(p * (1 - p) / Draws)));
        }
    }

    [Fact]
    public void FirstDrawsOfNeighbouringSeedsAreUniform()
    {
        const int Seeds = 64_000, Cells = 64;
        int[] cells = new int[Cells];
        for (ulong seed = 0; seed < Seeds; seed++)
        {
            cells[(int)(new RandomStream(seed)[0] * Cells)]++;
        }

        double expected = (double)Seeds / Cells, chiSquare = cells.Sum(c => (c - expected) * (c - expected) / expected);
        Assert.InRange(chiSquare, 63 - 45, 63 + 45); // four standard deviations of chi-square with 63 degrees of freedom
    }

    [Fact]
    public void TopTokensAreSortedByLogitThenId()
    {
        Random random = new(6);
        for (int round = 0; round < 20; round++)
        {
            float[] logits = [.. Enumerable.Range(0, 50).Select(_ => (float)random.Next(8))];
            int[] ids = new int[random.Next(21)];
            TopTokens.Find(logits, ids);
            Assert.Equal(Enumerable.Range(0, 50).OrderByDescending(i => logits[i]).ThenBy(i => i).Take(ids.Length), ids);
        }
    }

    [Fact]
    public void BrokenLogitsAreRefused()
    {
        Candidates candidates = new(2);
        Sampler sampler = new(new SamplingOptions(), 2, [], 1);
        Assert.Contains("token 1", Assert.Throws<InvalidDataException>(() => sampler.Next([0, float.NaN], candidates)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => sampler.Next([float.NegativeInfinity, float.NegativeInfinity], candidates));
    }

    public static TheoryData<string, SamplingOptions> BadOptions => new()
    {
        { "Temperature", new SamplingOptions { Temperature = -0.1 } },
        { "Temperature", new SamplingOptions { Temperature = double.NaN } },
        { "TopK", new SamplingOptions { TopK = -1 } },
        { "TopP", new SamplingOptions { TopP = 1.5 } },
        { "MinP", new SamplingOptions { MinP = -1 } },
        { "RepetitionPenalty", new SamplingOptions { RepetitionPenalty = 0 } },
        { "PresencePenalty", new SamplingOptions { PresencePenalty = double.PositiveInfinity } },
        { "FrequencyPenalty", new SamplingOptions { FrequencyPenalty = double.NaN } },
        { "LogitBias", new SamplingOptions { LogitBias = new Dictionary<int, double> { [10] = 1 } } },
        { "LogitBias", new SamplingOptions { LogitBias = new Dictionary<int, double> { [0] = double.PositiveInfinity } } },
        { "TopLogprobs", new SamplingOptions { TopLogprobs = 65 } },
    };

    [Theory]
    [MemberData(nameof(BadOptions), DisableDiscoveryEnumeration = true)]
    public void BadOptionsAreNamed(string option, SamplingOptions options)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => options.Validate(10));
        Assert.StartsWith(option, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChoosingAllocatesNothing()
    {
        const int VocabSize = 4096;
        Random random = new(8);
        float[] logits = [.. Enumerable.Range(0, VocabSize).Select(_ => (float)(random.NextDouble() * 10))];
        int[] top = new int[5];
        Candidates candidates = new(VocabSize);
        Sampler sampler = new(
            new SamplingOptions { TopK = 500, TopP = 0.9, MinP = 0.001, RepetitionPenalty = 1.1, FrequencyPenalty = 0.1, LogitBias = new Dictionary<int, double> { [3] = 1 } },
            VocabSize,
            [1, 2, 3],
            9);
        long Run()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 50; i++)
            {
                sampler.Next(logits, candidates);
                TopTokens.Find(logits, top);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run();
        // A collection that other tests cause may count for this thread; what a step allocates shows in every window.
        Assert.Equal(0, Enumerable.Range(0, 3).Min(_ => Run()));
    }

    /// <summary>The definition: sort by descending logit, then ascending id, and walk.</summary>
    private static int[] BySorting(float[] logits, SamplingOptions options)
    {
        double best = logits.Max();
        double Weight(int i) => Math.Exp(-(best - logits[i]) / options.Temperature);
        int[] order =
        [
            .. Enumerable.Range(0, logits.Length).Where(i => !float.IsNegativeInfinity(logits[i]) && (options.MinP == 0 || Weight(i) >= options.MinP))
                .OrderByDescending(i => logits[i]).ThenBy(i => i),
        ];
        order = options.TopK > 0 ? order[..Math.Min(options.TopK, order.Length)] : order;
        if (options.TopP < 1)
        {
            double total = order.Sum(Weight), sum = 0;
            int kept = 0;
            do
            {
                sum += Weight(order[kept++]);
            }
            while (kept < order.Length && sum < options.TopP * total);
            order = order[..kept];
        }

        Array.Sort(order);
        return order;
    }
}
