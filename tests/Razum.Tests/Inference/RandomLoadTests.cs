using Razum.Inference;
using Razum.Tensors;

namespace Razum.Tests.Inference;

/// <summary>
/// Requests that join, leave, are cancelled and lose their memory, at random: every one that ends has the tokens it gets alone, and all blocks come back.
/// The model checks at every step that the cache holds each sequence's own tokens.
/// </summary>
public sealed class RandomLoadTests
{
    private static readonly ModelInfo s_model = new("fake", 50, 160, [0]);

    [Theory]
    [InlineData(1, 5, 64, 5)]
    [InlineData(2, 8, 16, 6)]
    [InlineData(3, 3, 1, 5)]
    [InlineData(4, 16, 200, 40)]
    [InlineData(5, 16, 40, 9)]
    public void EverySequenceIsTheOneComputedAlone(int seed, int maxSequences, int budget, int blocks)
    {
        FakeModel model = new(s_model.VocabSize);
        using BlockPool pool = new(model.CacheShape, blocks);
        Scheduler scheduler = new(pool, new EngineOptions { MaxSequences = maxSequences, TokenBudget = budget });
        GenerationLoop loop = new(model, scheduler);
        Random random = new(seed);
        int[] shared = [.. Enumerable.Range(0, 70).Select(_ => random.Next(1, s_model.VocabSize))];
        List<Sequence> all = [];
        while (all.Count < 150 || loop.HasWork)
        {
            if (all.Count < 150 && random.Next(8) == 0)
            {
                GenerationRequest request = RandomRequest(random, shared);
                for (int samples = random.Next(4) == 0 ? 4 : 1; samples > 0; samples--)
                {
                    all.Add(new Sequence(request with { Sampling = request.Sampling with { Seed = (ulong)random.Next() } }, s_model));
                    loop.Add(all[^1]);
                }
            }

            loop.Step();
            if (all.Count > 0 && random.Next(40) == 0)
            {
                all[^(1 + random.Next(Math.Min(all.Count, 10)))].Cancel();
            }
        }

        Assert.Equal(blocks, pool.Free);
        if (blocks < 10)
        {
            Assert.InRange(scheduler.Preemptions, 5, int.MaxValue);
        }

        Assert.InRange(all.Count(s => s.FinishReason is not null), 75, int.MaxValue);
        foreach (Sequence sequence in all.Where(s => s.FinishReason is not null))
        {
            Sequence alone = new(sequence.Request, s_model);
            Run(alone);
            Assert.Equal(alone.Tokens.ToArray(), sequence.Tokens.ToArray());
            Assert.Equal(alone.FinishReason, sequence.FinishReason);
        }
    }

    [Fact]
    public void SamplesOfOnePromptComputeItOnce()
    {
        FakeModel model = new(s_model.VocabSize);
        using BlockPool pool = new(model.CacheShape, 200);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions { MaxSequences = 16, TokenBudget = 30 }));
        Sequence[] samples = [.. Enumerable.Range(0, 16).Select(i => Request(101, 1, i))];
        Array.ForEach(samples, loop.Add);
        while (loop.HasWork)
        {
            loop.Step();
        }

        Assert.Equal(101 + 15, model.StepRows.Sum()); // the last token of each once more: its logits are wanted
        Assert.Equal(0, samples[0].CachedPrompt);
        Assert.All(samples[1..], s => Assert.Equal(100, s.CachedPrompt));
    }

    [Fact]
    public void WithoutSharingEveryPromptIsComputed()
    {
        FakeModel model = new(s_model.VocabSize);
        using BlockPool pool = new(model.CacheShape, 200);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions { SharePrefixes = false }));
        Array.ForEach([Request(101, 1, 0), Request(101, 1, 1)], loop.Add);
        loop.Step();
        Assert.Equal([202], model.StepRows);
    }

    [Fact]
    public void NothingIsSharedAcrossAChangeOfTheWeights()
    {
        FakeModel model = new(s_model.VocabSize);
        using BlockPool pool = new(model.CacheShape, 200);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions()));
        loop.Add(Request(101, 1, 0));
        loop.Step();
        model.Weights++;
        loop.Add(Request(101, 1, 0));
        loop.Step();
        Assert.Equal([101, 101], model.StepRows);
    }

    [Fact]
    public void TheYoungestGivesItsBlocksBackAndGoesOnLater()
    {
        FakeModel model = new(s_model.VocabSize);
        using BlockPool pool = new(model.CacheShape, 5);
        Scheduler scheduler = new(pool, new EngineOptions { SharePrefixes = false });
        GenerationLoop loop = new(model, scheduler);
        Sequence old = Request(60, 90, 0), young = Request(60, 90, 1);
        loop.Add(old);
        loop.Add(young);
        while (old.FinishReason is null)
        {
            loop.Step();
            Assert.True(old.Computed > 0);
        }

        Assert.True(scheduler.Preemptions > 0);
        Assert.InRange(young.OutputLength, 1, 89);
        while (loop.HasWork)
        {
            loop.Step();
        }

        Sequence alone = Request(60, 90, 1);
        Run(alone);
        Assert.Equal(alone.Tokens.ToArray(), young.Tokens.ToArray());
    }

    private static void Run(Sequence sequence)
    {
        FakeModel model = new(s_model.VocabSize);
        using BlockPool pool = new(model.CacheShape, 5);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions()));
        loop.Add(sequence);
        while (loop.HasWork)
        {
            loop.Step();
        }
    }

    private static Sequence Request(int prompt, int output, int seed) => new(
        new GenerationRequest
        {
            Prompt = [.. Enumerable.Range(1, prompt).Select(i => (i * i) % s_model.VocabSize)],
            MaxTokens = output,
            IgnoreEndTokens = true,
            Sampling = new SamplingOptions { Seed = (ulong)seed, RepetitionPenalty = 1.1 },
        },
        s_model);

    private static GenerationRequest RandomRequest(Random random, int[] shared)
    {
        int[] own = [.. Enumerable.Range(0, 1 + random.Next(random.Next(3) == 0 ? 80 : 8)).Select(_ => random.Next(s_model.VocabSize))];
        return new GenerationRequest
        {
            Prompt = [.. shared[..random.Next(shared.Length)], .. own],
            MaxTokens = 1 + random.Next(100),
            Speculation = random.Next(2) == 0 ? SpeculationKind.PromptLookup : SpeculationKind.None,
            DraftLength = 3,
            Sampling = new SamplingOptions
            {
                Temperature = random.Next(3) == 0 ? 0 : 1,
                TopP = random.Next(3) == 0 ? 0.9 : 1,
                PresencePenalty = random.Next(3) == 0 ? 0.5 : 0,
            },
        };
    }
}
