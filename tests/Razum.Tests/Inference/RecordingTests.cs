using Razum.Inference;
using Razum.Models;
using Razum.Tensors;

namespace Razum.Tests.Inference;

/// <summary>
/// What an engine records of a token, the tokens it was drawn from and the experts it went to, is what a trainer computes over the whole sequence at once: with
/// shared beginnings, in a cache so small that sequences start again, on several threads, in both arithmetics and with guesses.
/// </summary>
public sealed class RecordingTests
{
    private static readonly ModelConfig s_config = ModelConfigReader.Parse(Razum.Tests.Training.TinyModel.Json);
    private static readonly Decoder s_decoder = new(s_config, new RandomParameters(3, 0.2f));
    private static readonly ModelInfo s_info = new("tiny", s_config.VocabSize, 128, []);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, Arithmetic.F32, SpeculationKind.None)]
    [InlineData(2, Arithmetic.BF16, SpeculationKind.None)]
    [InlineData(2, Arithmetic.F32, SpeculationKind.PromptLookup)]
    [InlineData(1, Arithmetic.F32, SpeculationKind.Mtp)]
    public void A_trainer_computes_what_was_recorded(int threads, Arithmetic arithmetic, SpeculationKind speculation)
    {
        EngineOptions options = new() { MaxSequences = 8, TokenBudget = 21, CacheTokens = 192, RecordRouting = true, Speculation = speculation, DraftLength = 2 };
        bool drafts = speculation == SpeculationKind.Mtp;
        using DecoderModel model = new(s_decoder, options.MaxSequences, threads, drafts, arithmetic, recordsRouting: true);
        using BlockPool pool = new(model.CacheShape, BlockTable.BlocksFor(options.CacheTokens));
        Dictionary<Sequence, Recorded> all = [];
        Scheduler scheduler = new(pool, options);
        GenerationLoop loop = new(model, scheduler, sequence => all[sequence].Take(sequence));
        for (int i = 0; i < 12; i++)
        {
            Sequence sequence = new(Request(i) with { Speculation = speculation, DraftLength = 2 }, s_info);
            all.Add(sequence, new Recorded());
            loop.Add(sequence);
        }

        while (loop.HasWork)
        {
            loop.Step();
        }

        Assert.True(scheduler.Preemptions > 0);
        Assert.True(all.Keys.Sum(s => s.CachedPrompt) > 100);
        Assert.True(speculation == SpeculationKind.None || all.Keys.Sum(s => s.Accepted) > 0);
        using CpuOps trainer = new(1, null, arithmetic);
        foreach ((Sequence sequence, Recorded recorded) in all)
        {
            Assert.Null(sequence.Failure);
            Compare(trainer, sequence, recorded);
        }
    }

    [Fact]
    public async Task An_answer_brings_what_was_asked_for_and_nothing_else()
    {
        ModelBundle bundle = new("tiny", s_decoder, TestTokenizer.Instance, new GenerationDefaults());
        EngineOptions options = new() { Threads = 1, MaxSequences = 4, ContextLength = 128, RecordRouting = true };
        await using Engine engine = new(bundle, options);
        Answer asked = await Answer.Collect(engine, Request(1), Token);
        Assert.All(asked.Chunks.SkipLast(1), c => Assert.Null(c.Experts));
        Assert.Equal((Request(1).Prompt.Count + asked.Ids.Length - 1) * 2, asked.Chunks[^1].Experts!.Length);
        Assert.All(asked.Tokens, t => Assert.Contains(t.Id, t.Set!));
        SamplingOptions plainly = Request(1).Sampling with { RecordSets = false, Logprobs = true };
        Answer not = await Answer.Collect(engine, Request(1) with { RecordRouting = false, Sampling = plainly with { TemperedLogprobs = true } }, Token);
        Assert.Equal(asked.Ids, not.Ids);
        Assert.Null(not.Chunks[^1].Experts);
        Assert.All(not.Tokens, t => Assert.Null(t.Set));
        Assert.All(asked.Tokens.Zip(not.Tokens), p => Assert.True(p.First.Logprob >= p.Second.Logprob)); // fewer tokens share the probability

        GenerationRequest top = Request(1) with { Sampling = Request(1).Sampling with { TopLogprobs = 8 } };
        GeneratedToken first = (await Answer.Collect(engine, top, Token)).Tokens[0];
        Assert.All(first.Top, t => Assert.Equal(first.Set!.Contains(t.Id), float.IsFinite(t.Logprob)));

        await using Engine plain = new(bundle, options with { RecordRouting = false });
        Assert.Contains("RecordRouting", Assert.Throws<ArgumentException>(() => plain.GenerateAsync(Request(0), Token)).Message, StringComparison.Ordinal);
        SamplingOptions greedy = new() { Temperature = 0, RecordSets = true };
        Assert.Throws<ArgumentException>(() => plain.GenerateAsync(Request(0) with { RecordRouting = false, Sampling = greedy }, Token));
        ModelConfig dense = s_config with { Moe = null };
        ModelBundle without = new("dense", new Decoder(dense, new RandomParameters(1, 0.2f)), TestTokenizer.Instance, new GenerationDefaults());
        Assert.Contains("no experts", Assert.Throws<ArgumentException>(() => new Engine(without, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keeping_experts_in_the_cache_allocates_nothing()
    {
        using DecoderModel model = new(s_decoder, 4, threads: 1, recordsRouting: true);
        using BlockPool pool = new(model.CacheShape, 64);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions { MaxSequences = 4, TokenBudget = 64, RecordRouting = true }));
        for (int i = 0; i < 3; i++)
        {
            loop.Add(new Sequence(Request(i) with { MaxTokens = 300, Sampling = new SamplingOptions { Seed = 1, TopP = 0.9 } }, s_info with { ContextLength = 400 }));
        }

        SteadyLoop.AssertAllocatesNothing(loop, warmUp: 60, steps: 30);
    }

    [Fact]
    public void Given_experts_are_used_and_the_routers_choice_is_still_known()
    {
        using CpuOps ops = new(1);
        Tensor logits = ops.Arena.Allocate(2, 4);
        ((float[])[1, 4, 3, 2]).CopyTo(logits[0]);
        ((float[])[4, 3, 2, 1]).CopyTo(logits[1]);
        RouterShape shape = s_config.Moe!.Router;
        Routing own = ops.Route(logits, shape, null);
        Routing given = ops.Route(logits, shape, null, [1, 2, 0, 3]);
        Assert.Equal([1, 2], own[0].ToArray());
        Assert.Equal([0, 1], given.Chosen(1).ToArray());
        Assert.Equal([0, 3], given[1].ToArray());
        Assert.Equal(own.Weights[0].ToArray(), given.Weights[0].ToArray());
        Assert.NotEqual(own.Weights[1].ToArray(), given.Weights[1].ToArray());
        Assert.Throws<ArgumentException>(() => ops.Route(logits, shape, null, [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => ops.Route(logits, shape, null, [1, 2, 3, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ops.Route(logits, shape, null, [1, 2, 3, 4]));
    }

    private static void Compare(CpuOps trainer, Sequence sequence, Recorded recorded)
    {
        trainer.Arena.Reset();
        List<int> routed = [];
        trainer.RoutingObserver = (_, routing) => Enumerable.Range(0, routing.Rows).ToList().ForEach(t => routed.AddRange(routing[t]));
        Batch batch = new();
        batch.Add(sequence.Tokens[..^1]);
        Tensor hidden = s_decoder.Forward(trainer, batch); // [T, D]
        trainer.RoutingObserver = null;
        Assert.Equal(routed, recorded.Experts.Select(e => (int)e)); // one layer has experts: the orders are the same

        SamplingOptions sampling = sequence.Request.Sampling;
        int answer = sequence.OutputLength;
        int[] ends = [.. Enumerable.Range(0, answer).Select(i => recorded.Sets.Take(i + 1).Sum(s => s?.Length ?? 0))];
        TokenSets sets = new((int[])[.. recorded.Sets.SelectMany(s => s ?? [])], ends);
        Tensor rows = hidden.SliceRows(hidden.Rows - answer, answer);
        Tensor values = trainer.LogProbabilities(rows, s_decoder.Head, sequence.Tokens[^answer..], (float)sampling.Temperature, entropy: false, sets);
        Assert.Equal(recorded.Logprobs, values.ToArray());
        Assert.All(recorded.Sets, s => Assert.True(sampling.TopK == 0 || s!.Length == sampling.TopK));
        Assert.Equal(sampling is { TopK: 0, TopP: 1, MinP: 0 }, recorded.Sets.All(s => s is null));

        RoutedExperts given = new(s_config.Moe!);
        given.Add(recorded.Experts);
        batch.Experts = given;
        Assert.Equal(hidden.ToArray(), s_decoder.Forward(trainer, batch).ToArray());
        given.Clear();
        given.Add([.. recorded.Experts.Select((_, i) => (ushort)(2 + (i % 2)))]); // everything to the last two
        Assert.NotEqual(hidden.ToArray(), s_decoder.Forward(trainer, batch).ToArray());
    }

    /// <summary>Three prompts that part behind a block, each several times; draws truncated in every way and not at all.</summary>
    private static GenerationRequest Request(int index) => new()
    {
        Prompt = [.. Enumerable.Range(0, 40 + (index % 3)).Select(i => ((i * 7) + (i > 36 ? index % 3 : 0)) % 250)],
        MaxTokens = 40 + index,
        IgnoreEndTokens = true,
        RecordRouting = true,
        Sampling = new SamplingOptions
        {
            Temperature = 0.8,
            TopP = index % 4 == 0 ? 0.9 : 1,
            TopK = index % 4 == 1 ? 5 : 0,
            MinP = index % 4 == 2 ? 0.05 : 0,
            Seed = (ulong)index,
            RecordSets = true,
        },
    };

    /// <summary>What a sequence had recorded when its last token came.</summary>
    private sealed class Recorded
    {
        public List<float> Logprobs { get; } = [];

        public List<int[]?> Sets { get; } = [];

        public ushort[] Experts { get; private set; } = [];

        public void Take(Sequence sequence)
        {
            Logprobs.Add(sequence.LastLogprob);
            Sets.Add(sequence.LastSet);
            Experts = sequence.FinishReason is null ? [] : sequence.ReadExperts();
        }
    }
}
