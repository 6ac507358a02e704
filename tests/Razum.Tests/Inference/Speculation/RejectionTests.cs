using Razum.Inference;
using Razum.Inference.Sampling;
using Razum.Inference.Speculation;
using Razum.Tensors;

namespace Razum.Tests.Inference.Speculation;

/// <summary>
/// Drafts change no distribution: outputs of three tokens, counted over many seeds and compared with their exact probabilities by a chi-square test, through
/// the whole loop, with filters and penalties. A drafter that makes every draft pass fails the same test.
/// </summary>
public sealed class RejectionTests
{
    private const int Vocab = 6;
    private const int Draws = 20_000;
    private static readonly ModelInfo s_model = new("fake", Vocab, 64, []);

    public static TheoryData<double, int, double, double> Samplings => new()
    {
        { 1, 0, 1, 0 },
        { 0.7, 4, 1, 0 },
        { 1.3, 0, 0.85, 0 },
        { 1, 0, 1, 0.8 },
    };

    [Theory]
    [MemberData(nameof(Samplings))]
    public void OutputsAreDistributedAsWithoutDrafts(double temperature, int topK, double topP, double penalty)
    {
        SamplingOptions sampling = new() { Temperature = temperature, TopK = topK, TopP = topP, PresencePenalty = penalty };
        Assert.InRange(Excess(sampling, GuessKind.None), double.MinValue, 1);
        Assert.InRange(Excess(sampling, GuessKind.Drawn), double.MinValue, 1);
        Assert.InRange(Excess(sampling, GuessKind.Point), double.MinValue, 1);
        Assert.InRange(Excess(sampling, GuessKind.AlwaysAccepted), 2, double.MaxValue);
    }

    [Fact]
    public void RightGuessesSaveSteps()
    {
        SamplingOptions greedy = SamplingOptions.Greedy;
        FakeModel plain = new(Vocab);
        Sequence without = Run(plain, greedy, 1, 50, SpeculationKind.None);
        GuessingModel guessing = new(GuessKind.Oracle);
        Sequence with = Run(guessing, greedy, 1, 50, SpeculationKind.Mtp);
        Assert.Equal(without.Tokens.ToArray(), with.Tokens.ToArray());
        Assert.InRange(with.Accepted, with.Drafted / 2, with.Drafted - 1);
        Assert.InRange(guessing.StepRows.Count, 15, 40);
    }

    /// <summary>Tokens after the one that ends an answer are not kept, even when they were guessed right.</summary>
    [Fact]
    public void AnAnswerEndsWithinItsGuesses()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            Sequence without = Run(new FakeModel(Vocab), SamplingOptions.Greedy with { LogitBias = Bias(seed) }, seed, 50, SpeculationKind.None, [2]);
            Sequence with = Run(new GuessingModel(GuessKind.Oracle), SamplingOptions.Greedy with { LogitBias = Bias(seed) }, seed, 50, SpeculationKind.Mtp, [2]);
            Assert.Equal(without.Tokens.ToArray(), with.Tokens.ToArray());
            Assert.Equal(without.FinishReason, with.FinishReason);
        }

        static Dictionary<int, double> Bias(int seed) => new() { [seed % Vocab] = -2 };
    }

    /// <summary>Chi-square of the outputs, in units of the value that a right distribution exceeds once in a thousand times.</summary>
    private static double Excess(SamplingOptions sampling, GuessKind kind)
    {
        StepModel model = kind == GuessKind.None ? new FakeModel(Vocab) : new GuessingModel(kind);
        using BlockPool pool = new(model.CacheShape, 64);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions()));
        Dictionary<(int, int, int), int> counts = [];
        for (int start = 0; start < Draws; start += 500)
        {
            Sequence[] sequences = [.. Enumerable.Range(start, 500).Select(seed => Create(sampling, seed, 3, kind == GuessKind.None ? SpeculationKind.None : SpeculationKind.Mtp))];
            Array.ForEach(sequences, loop.Add);
            while (loop.HasWork)
            {
                loop.Step();
            }

            foreach (Sequence sequence in sequences)
            {
                (int, int, int) output = (sequence.Tokens[1], sequence.Tokens[2], sequence.Tokens[3]);
                counts[output] = counts.GetValueOrDefault(output) + 1;
            }
        }

        double sum = 0, rare = 0, rareCount = 0;
        int cells = 0;
        foreach (((int, int, int) output, double probability) in Probabilities(sampling))
        {
            double expected = probability * Draws;
            int count = counts.GetValueOrDefault(output);
            if (expected < 8)
            {
                (rare, rareCount) = (rare + expected, rareCount + count);
            }
            else
            {
                sum += (count - expected) * (count - expected) / expected;
                cells++;
            }
        }

        if (rare > 0)
        {
            sum += (rareCount - rare) * (rareCount - rare) / rare;
            cells++;
        }

        // Wilson and Hilferty's approximation of the quantile 0.999.
        double degrees = cells - 1, part = 2 / (9 * degrees);
        return sum / (degrees * Math.Pow(1 - part + (3.0902 * Math.Sqrt(part)), 3));
    }

    /// <summary>The exact probability of every output of three tokens, from the sampler's own filter.</summary>
    private static Dictionary<(int, int, int), double> Probabilities(SamplingOptions sampling)
    {
        Dictionary<(int, int, int), double> all = [];
        Candidates candidates = new(Vocab);
        foreach ((int first, double p1) in After([]))
        {
            foreach ((int second, double p2) in After([first]))
            {
                foreach ((int third, double p3) in After([first, second]))
                {
                    all[(first, second, third)] = p1 * p2 * p3;
                }
            }
        }

        return all;

        (int Token, double Probability)[] After(int[] output)
        {
            Sampler sampler = new(sampling, Vocab, [1], 0);
            Array.ForEach(output, sampler.Append);
            float[] logits = new float[Vocab];
            GuessingModel.Logits([1, .. output], logits);
            sampler.Filter(logits, candidates);
            double total = candidates.Weights.ToArray().Sum();
            return [.. candidates.Ids.ToArray().Zip(candidates.Weights.ToArray(), (id, w) => (id, w / total))];
        }
    }

    private static Sequence Run(FakeModel model, SamplingOptions sampling, int seed, int tokens, SpeculationKind kind, int[]? stops = null)
    {
        using BlockPool pool = new(model.CacheShape, 8);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions()));
        Sequence sequence = Create(sampling, seed, tokens, kind, stops);
        loop.Add(sequence);
        while (loop.HasWork)
        {
            loop.Step();
        }

        Assert.Null(sequence.Failure);
        return sequence;
    }

    private static Sequence Create(SamplingOptions sampling, int seed, int tokens, SpeculationKind kind, int[]? stops = null) => new(
        new GenerationRequest
        {
            Prompt = [1],
            MaxTokens = tokens,
            Sampling = sampling with { Seed = (ulong)seed },
            Speculation = kind,
            DraftLength = 2,
            StopTokens = stops ?? [],
        },
        s_model);
}
