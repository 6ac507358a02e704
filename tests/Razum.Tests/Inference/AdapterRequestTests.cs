using Razum.Inference;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors;
using TinyModel = Razum.Tests.Inference.Speculation.TinyModel;

namespace Razum.Tests.Inference;

/// <summary>
/// Requests with different adapters in one engine: each gets, bit for bit, what an engine with its adapter alone gives, whatever is packed beside it, cut,
/// guessed, evicted and shared; and nothing computed with one adapter is ever taken over by another.
/// </summary>
public sealed class AdapterRequestTests : IDisposable
{
    private static readonly ModelConfig s_config = TinyModel.Config(512);
    private static readonly string[] s_names = ["narrow", "wide"];

    private readonly TemporaryFolder _folder = new();

    public AdapterRequestTests()
    {
        Write("narrow", new LoraSettings { Rank = 2, Alpha = 7, Targets = ["kv_b_proj", "o_proj", "down_proj"] }, 3);
        Write("wide", new LoraSettings { Rank = 9, Alpha = 30, Targets = ["q_proj", "kv_a_proj_with_mqa", "kv_b_proj", "gate_proj", "up_proj", "down_proj"] }, 4);
    }

    public static TheoryData<SpeculationKind, LatentAttentionForm> Ways => new(
        from kind in Enum.GetValues<SpeculationKind>()
        from form in Enum.GetValues<LatentAttentionForm>()
        where kind != SpeculationKind.PromptLookup || form == LatentAttentionForm.Absorbed
        select new TheoryDataRow<SpeculationKind, LatentAttentionForm>(kind, form));

    [Theory]
    [MemberData(nameof(Ways))]
    public void Mixed_requests_get_the_bits_of_an_engine_with_their_adapter_alone(SpeculationKind kind, LatentAttentionForm form)
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 24).Select(i => Request(i, i % 3 == 0 ? null : s_names[i % 2]))];
        EngineOptions options = new() { Speculation = kind, DraftLength = 3, ContextLength = 160 };
        Decoder mixed = Load(form, [.. s_names.Select(n => new NamedAdapter(n, _folder.File(n)))]);
        var alone = new Dictionary<string, Decoder> { [""] = Load(form) };
        foreach (string name in s_names)
        {
            alone[name] = Load(form, new NamedAdapter("", _folder.File(name)));
        }

        Run[] expected = [.. requests.Select(r => Execute(alone[r.Adapter ?? ""], [r with { Adapter = null }], options with { SharePrefixes = false })[0])];
        Assert.NotEqual(expected[1].Bits, Execute(alone[""], [requests[1] with { Adapter = null }], options)[0].Bits); // it matters
        EngineOptions[] ways =
        [
            options with { Threads = 2 },
            options with { MaxSequences = 7, TokenBudget = 13 },
            options with { CacheTokens = 160, TokenBudget = 40, Threads = 2 },
            options with { CacheTokens = 256, SharePrefixes = false },
        ];
        foreach (EngineOptions way in ways)
        {
            Run[] together = Execute(mixed, requests, way);
            for (int i = 0; i < requests.Length; i++)
            {
                Assert.Equal(expected[i].Tokens, together[i].Tokens);
                Assert.Equal(expected[i].Bits, together[i].Bits);
            }

            Assert.True(!way.SharePrefixes || together.Sum(r => r.Shared) > 100);
        }
    }

    [Fact]
    public void A_mixed_step_allocates_nothing()
    {
        Decoder decoder = Load(LatentAttentionForm.Absorbed, [.. s_names.Select(n => new NamedAdapter(n, _folder.File(n)))]);
        using DecoderModel model = new(decoder, 4, threads: 1);
        using BlockPool pool = new(model.CacheShape, 64);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions(), 2));
        for (int i = 0; i < 3; i++)
        {
            loop.Add(new Sequence(Request(i, i == 0 ? null : s_names[i - 1]) with { MaxTokens = 400 }, Info(decoder)));
        }

        SteadyLoop.AssertAllocatesNothing(loop, warmUp: 60, steps: 20);
    }

    [Fact]
    public async Task Beginnings_are_shared_within_an_adapter_alone()
    {
        Decoder decoder = Load(LatentAttentionForm.Absorbed, [.. s_names.Select(n => new NamedAdapter(n, _folder.File(n)))]);
        EngineOptions options = new() { Threads = 1, MaxSequences = 4 };
        await using Engine engine = new(new DecoderModel(decoder, 4, 1), Info(decoder), TestTokenizer.Instance, options);
        foreach (string? name in (string?[])["narrow", "wide", null])
        {
            Answer first = await Ask(name), again = await Ask(name);
            Assert.Equal((0, 69), (first.Usage!.CachedPromptTokens, again.Usage!.CachedPromptTokens));
            Assert.Equal(first.Ids, again.Ids);
        }

        Assert.Equal(
            "adapter sums: tiny has the adapters narrow, wide",
            Assert.Throws<ArgumentException>(() => engine.GenerateAsync(Request(4, "sums"), TestContext.Current.CancellationToken)).Message);
        await using Engine plain = new(new DecoderModel(Load(LatentAttentionForm.Absorbed), 4, 1), Info(Load(LatentAttentionForm.Absorbed)), TestTokenizer.Instance, options);
        Assert.EndsWith(
            "tiny has no adapters to choose from",
            Assert.Throws<ArgumentException>(() => plain.GenerateAsync(Request(4, "wide"), TestContext.Current.CancellationToken)).Message);

        Task<Answer> Ask(string? name) => Answer.Collect(
            engine, Request(0, name) with { Prompt = [.. Enumerable.Range(0, 70).Select(i => i % TinyModel.VocabSize)], MaxTokens = 3 }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Several_adapters_need_names_of_their_own()
    {
        NamedAdapter narrow = new("a", _folder.File("narrow"));
        Assert.Contains("a name of its own", Assert.Throws<ArgumentException>(() => Load(default, narrow, narrow)).Message);
        Assert.Contains("a name of its own", Assert.Throws<ArgumentException>(() => Load(default, narrow, narrow with { Name = "" })).Message);
        Decoder decoder = Load(default, narrow, new NamedAdapter("b", _folder.File("wide")));
        Assert.Equal(["a", "b"], decoder.AdapterNames);
        Assert.Empty(decoder.WithoutAdapters().Adapters);
    }

    public void Dispose() => _folder.Dispose();

    private static Decoder Load(LatentAttentionForm form, params NamedAdapter[] adapters)
    {
        var source = new RandomParameters(5, 0.3f);
        Decoder decoder = adapters.Length == 0 ? new Decoder(s_config, source) : AdaptedDecoder.Load(s_config, source, adapters);
        decoder.LatentForm = form;
        return decoder;
    }

    private static ModelInfo Info(Decoder decoder, int context = 512) => new("tiny", TinyModel.VocabSize, context, []) { Adapters = decoder.AdapterNames };

    private static Run[] Execute(Decoder decoder, GenerationRequest[] requests, EngineOptions options)
    {
        ModelInfo info = Info(decoder, options.ContextLength == 0 ? 512 : options.ContextLength);
        using DecoderModel model = new(decoder, options.MaxSequences, Math.Max(options.Threads, 1), options.Speculation == SpeculationKind.Mtp);
        using BlockPool pool = new(model.CacheShape, CachePlan.Blocks(options, info, model.CacheShape, new MemoryRoom(0, 1 << 30, 1 << 30)));
        Dictionary<Sequence, List<int>> bits = [];
        GenerationLoop loop = new(model, new Scheduler(pool, options, info.Adapters.Count), s => bits[s].Add(BitConverter.SingleToInt32Bits(s.LastLogprob)));
        Sequence[] sequences = [.. requests.Select(r => new Sequence(r with { Speculation = options.Speculation, DraftLength = options.DraftLength }, info))];
        foreach (Sequence sequence in sequences)
        {
            bits[sequence] = [];
            loop.Add(sequence);
        }

        while (loop.HasWork)
        {
            loop.Step();
        }

        Assert.All(sequences, s => Assert.Null(s.Failure));
        return [.. sequences.Select(s => new Run(s.Tokens.ToArray(), [.. bits[s]], s.CachedPrompt))];
    }

    /// <summary>Some prompts begin alike, with whatever adapter.</summary>
    private static GenerationRequest Request(int index, string? adapter)
    {
        Random random = new(index);
        int shared = (index % 5) switch { 0 => 0, 1 => 33, 2 => 64, _ => 70 };
        return new GenerationRequest
        {
            Prompt =
            [
                .. Enumerable.Range(0, shared).Select(i => (i * i * 3) % TinyModel.VocabSize),
                .. Enumerable.Range(0, 1 + (index % 4)).Select(_ => random.Next(TinyModel.VocabSize)),
            ],
            MaxTokens = 40,
            Adapter = adapter,
            Sampling = new SamplingOptions { Temperature = 0.4 * (index % 3), Seed = (ulong)index, Logprobs = true },
        };
    }

    /// <summary>An adapter with random B, so that it matters.</summary>
    private void Write(string name, LoraSettings settings, int seed)
    {
        Decoder decoder = AdaptedDecoder.Create(s_config, new RandomParameters(5, 0.3f), settings, seed, "test");
        foreach (LoraPair pair in decoder.Adapters)
        {
            new RandomParameters(seed, 0.2f).Get(pair.B.Name, pair.B.Rows, pair.B.Columns).AsSpan().CopyTo(pair.B.AsSpan());
        }

        PeftFolder.Write(_folder.File(name), decoder, settings, "base");
    }

    private sealed record Run(int[] Tokens, int[] Bits, int Shared);
}
