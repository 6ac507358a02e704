using Razum.Inference;
using Razum.Models;
using Razum.Tensors;

namespace Razum.Tests.Inference.Speculation;

/// <summary>
/// Speculation over a real decoder: greedy answers are those without it, token for token, and drawn ones depend on the request alone, whatever is shared,
/// cut, evicted and computed again.
/// </summary>
public sealed class SpeculationTests
{
    private static readonly Decoder s_decoder = TinyModel.Create();
    private static readonly ModelInfo s_info = new("tiny", TinyModel.VocabSize, 512, [0]);

    [Theory]
    [InlineData(SpeculationKind.Mtp, 1)]
    [InlineData(SpeculationKind.Mtp, 3)]
    [InlineData(SpeculationKind.PromptLookup, 4)]
    public void GreedyAnswersAreThoseWithoutIt(SpeculationKind kind, int length)
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 25).Select(i => Request(i, 400, SamplingOptions.Greedy) with { IgnoreEndTokens = true })];
        Sequence[] plain = Run(requests, new EngineOptions());
        Sequence[] speculative = Run(requests, new EngineOptions { Speculation = kind, DraftLength = length });
        Assert.Equal(10_000, plain.Sum(s => s.OutputLength));
        for (int i = 0; i < plain.Length; i++)
        {
            Assert.Equal(plain[i].Tokens.ToArray(), speculative[i].Tokens.ToArray());
        }

        int drafted = speculative.Sum(s => s.Drafted), accepted = speculative.Sum(s => s.Accepted);
        Assert.InRange(accepted, 1, drafted - 1);
        if (kind == SpeculationKind.PromptLookup)
        {
            Assert.InRange(accepted, drafted / 3, drafted); // greedy answers of random weights repeat themselves
        }
    }

    [Theory]
    [InlineData(SpeculationKind.Mtp)]
    [InlineData(SpeculationKind.PromptLookup)]
    public void DrawnAnswersDependOnTheRequestAlone(SpeculationKind kind)
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 24).Select(i => Request(i, 60, new SamplingOptions
        {
            Temperature = 0.3 + (0.1 * (i % 5)),
            TopP = i % 3 == 0 ? 0.9 : 1,
            RepetitionPenalty = i % 4 == 0 ? 1.2 : 1,
            Seed = (ulong)i,
        }))];
        EngineOptions options = new() { Speculation = kind, DraftLength = 3, ContextLength = 160 };
        Sequence[] alone = [.. requests.SelectMany(r => Run([r], options with { SharePrefixes = false }))];
        EngineOptions[] ways =
        [
            options,
            options with { MaxSequences = 7, TokenBudget = 13 },
            options with { CacheTokens = 160, TokenBudget = 40, Threads = 2 },
            options with { CacheTokens = 256, SharePrefixes = false },
        ];
        foreach (EngineOptions way in ways)
        {
            Sequence[] together = Run(requests, way);
            for (int i = 0; i < alone.Length; i++)
            {
                Assert.Equal(alone[i].Tokens.ToArray(), together[i].Tokens.ToArray());
                Assert.Equal((alone[i].Drafted, alone[i].Accepted), (together[i].Drafted, together[i].Accepted));
            }

            Assert.True(!way.SharePrefixes || together.Sum(s => s.CachedPrompt) > 500);
        }

        Assert.InRange(alone.Sum(s => s.Accepted), 10, int.MaxValue);
    }

    [Theory]
    [InlineData(SpeculationKind.Mtp)]
    [InlineData(SpeculationKind.PromptLookup)]
    public void ASpeculativeStepAllocatesNothing(SpeculationKind kind)
    {
        EngineOptions options = new() { Speculation = kind, DraftLength = 3 };
        using DecoderModel model = new(s_decoder, 4, threads: 1, drafts: kind == SpeculationKind.Mtp);
        using BlockPool pool = new(model.CacheShape, 64);
        GenerationLoop loop = new(model, new Scheduler(pool, options));
        for (int i = 0; i < 3; i++)
        {
            loop.Add(new Sequence(Speculative(Request(i, 400, new SamplingOptions { Temperature = 0.4 * i, Seed = 1 }) with { IgnoreEndTokens = true }, options), s_info));
        }

        SteadyLoop.AssertAllocatesNothing(loop, warmUp: 60, steps: 20);
    }

    [Fact]
    public async Task AnAnswerTellsHowManyGuessesWereRight()
    {
        EngineOptions options = new() { Speculation = SpeculationKind.Mtp, DraftLength = 2, Threads = 1 };
        await using Engine engine = new(new DecoderModel(s_decoder, options.MaxSequences, 1, drafts: true), s_info, TestTokenizer.Instance, options);
        CancellationToken token = TestContext.Current.CancellationToken;
        GenerationRequest request = Request(3, 100, SamplingOptions.Greedy) with { IgnoreEndTokens = true };
        Answer plain = await Answer.Collect(engine, request with { Speculation = SpeculationKind.None }, token);
        Answer guessed = await Answer.Collect(engine, request with { Speculation = SpeculationKind.PromptLookup, DraftLength = 5 }, token);
        Answer mtp = await Answer.Collect(engine, request, token);
        Assert.Equal((0, 0), (plain.Usage!.DraftedTokens, plain.Usage.AcceptedTokens));
        Assert.InRange(guessed.Usage!.AcceptedTokens, 1, guessed.Usage.DraftedTokens);
        Assert.InRange(mtp.Usage!.DraftedTokens, 50, 200);
        Assert.Equal(plain.Ids, guessed.Ids);
        Assert.Equal(plain.Ids, mtp.Ids);
        Assert.Throws<ArgumentException>(() => engine.GenerateAsync(request with { DraftLength = 99 }, token));

        await using Engine other = new(new DecoderModel(s_decoder, 32, 1), s_info, TestTokenizer.Instance, new EngineOptions());
        Assert.Equal(
            "Speculation Mtp: the engine was not made for it",
            Assert.Throws<ArgumentException>(() => other.GenerateAsync(request with { Speculation = SpeculationKind.Mtp }, token)).Message);
    }

    private static GenerationRequest Speculative(GenerationRequest request, EngineOptions options) =>
        request with { Speculation = options.Speculation, DraftLength = options.DraftLength };

    private static Sequence[] Run(GenerationRequest[] requests, EngineOptions options)
    {
        ModelInfo info = options.ContextLength == 0 ? s_info : s_info with { ContextLength = options.ContextLength };
        using DecoderModel model = new(s_decoder, options.MaxSequences, Math.Max(options.Threads, 1), options.Speculation == SpeculationKind.Mtp);
        using BlockPool pool = new(model.CacheShape, CachePlan.Blocks(options, info, model.CacheShape, new MemoryRoom(0, 1 << 30, 1 << 30)));
        GenerationLoop loop = new(model, new Scheduler(pool, options));
        Sequence[] sequences = [.. requests.Select(r => new Sequence(Speculative(r, options), info))];
        Array.ForEach(sequences, loop.Add);
        while (loop.HasWork)
        {
            loop.Step();
        }

        Assert.Equal(pool.Count, pool.Free);
        Assert.All(sequences, s => Assert.Null(s.Failure));
        return sequences;
    }

    /// <summary>Some prompts begin alike, up to and around the borders of blocks.</summary>
    private static GenerationRequest Request(int index, int tokens, SamplingOptions sampling)
    {
        Random random = new(index);
        int shared = (index % 6) switch { 0 => 0, 1 => 31, 2 => 32, 3 => 33, 4 => 64, _ => 70 };
        return new GenerationRequest
        {
            Prompt =
            [
                .. Enumerable.Range(0, shared).Select(i => (i * i * 3) % TinyModel.VocabSize),
                .. Enumerable.Range(0, (index % 4) + (shared == 0 ? 1 : 0)).Select(_ => random.Next(TinyModel.VocabSize)),
            ],
            MaxTokens = tokens,
            Sampling = sampling,
        };
    }
}
