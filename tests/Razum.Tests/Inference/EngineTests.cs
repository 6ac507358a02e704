using Razum.Inference;
using Razum.Tensors;

namespace Razum.Tests.Inference;

/// <summary>Requests that join, leave, fail and stop while others run, over models without weights and the byte tokenizer.</summary>
public sealed class EngineTests
{
    private static readonly ModelInfo s_info = new("fake", 266, 4096, [TestTokenizer.End]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 512)]
    [InlineData(5, 7)]
    [InlineData(64, 1)]
    public async Task TokensDependOnTheRequestAlone(int maxSequences, int budget)
    {
        GenerationRequest[] requests = [.. Enumerable.Range(0, 16).Select(RandomRequest)];
        Answer[] alone = new Answer[requests.Length];
        for (int i = 0; i < requests.Length; i++)
        {
            await using Engine single = Create(new FakeModel(s_info.VocabSize));
            alone[i] = await Answer.Collect(single, requests[i], Token);
        }

        await using Engine engine = Create(new FakeModel(s_info.VocabSize), new EngineOptions { MaxSequences = maxSequences, TokenBudget = budget });
        Answer[] together = await Task.WhenAll(requests.Select(r => Answer.Collect(engine, r, Token)));
        for (int i = 0; i < requests.Length; i++)
        {
            Assert.Equal(alone[i].Ids, together[i].Ids);
            Assert.Equal(alone[i].Tokens.Select(t => t.Logprob), together[i].Tokens.Select(t => t.Logprob)); // the same bits
            Assert.Equal(alone[i].Tokens.SelectMany(t => t.Top), together[i].Tokens.SelectMany(t => t.Top));
            Assert.Equal((alone[i].Text, alone[i].Finish), (together[i].Text, together[i].Finish));
            Assert.Equal(alone[i].Usage, together[i].Usage! with { CachedPromptTokens = 0 });
        }
    }

    [Fact]
    public async Task ACollectedAnswerIsTheSameInOnePiece()
    {
        int[] script = [.. TestTokenizer.Bytes("<think>héllo</think>天 and more"), TestTokenizer.End];
        Answer streamed = await Say(script, r => r with { StopStrings = ["more"] });
        Answer collected = await Say(script, r => r with { StopStrings = ["more"], Collected = true });
        Assert.True(streamed.Chunks.Length > 2);
        Assert.InRange(collected.Chunks.Length, 1, 2); // reasoning and answer
        Assert.Equal((streamed.Reasoning, streamed.Text, streamed.Finish, streamed.Usage), (collected.Reasoning, collected.Text, collected.Finish, collected.Usage));
        Assert.Equal(streamed.Ids, collected.Ids);
    }

    [Fact]
    public async Task LogprobsAtTheTemperatureOfSamplingAreThoseOfTheDividedLogits()
    {
        await using Engine engine = Create(new FakeModel(s_info.VocabSize));
        var sampling = new SamplingOptions { Seed = 5, Temperature = 0.5, TopLogprobs = 64 };
        Answer plain = await Answer.Collect(engine, Request("hello", 5) with { Sampling = sampling }, Token);
        Answer tempered = await Answer.Collect(engine, Request("hello", 5) with { Sampling = sampling with { TemperedLogprobs = true } }, Token);
        Assert.Equal(plain.Ids, tempered.Ids);
        for (int i = 0; i < plain.Tokens.Length; i++)
        {
            // log p differs from logits by a constant, so differences between two tokens are twice as large at T = 1/2.
            IReadOnlyList<TokenLogprob> a = plain.Tokens[i].Top, b = tempered.Tokens[i].Top;
            Assert.Equal(2 * (a[0].Logprob - a[9].Logprob), b[0].Logprob - b[9].Logprob, 1e-4);
        }
    }

    [Fact]
    public async Task SeedsFixTheAnswer()
    {
        await using Engine engine = Create(new FakeModel(s_info.VocabSize));
        GenerationRequest request = Request("hello", 40) with { Sampling = new SamplingOptions { Seed = 5 } };
        Answer first = await Answer.Collect(engine, request, Token), again = await Answer.Collect(engine, request, Token);
        Answer other = await Answer.Collect(engine, request with { Sampling = new SamplingOptions { Seed = 6 } }, Token);
        Assert.Equal(first.Ids, again.Ids);
        Assert.NotEqual(first.Ids, other.Ids);
        Assert.NotEqual(
            (await Answer.Collect(engine, request with { Sampling = new SamplingOptions() }, Token)).Ids,
            (await Answer.Collect(engine, request with { Sampling = new SamplingOptions() }, Token)).Ids);
    }

    [Fact]
    public async Task TheModelEndsItsAnswer()
    {
        Answer answer = await Say([.. TestTokenizer.Bytes("héllo 天"), TestTokenizer.End], r => r);
        Assert.Equal(("", "héllo 天", FinishReason.Stop), (answer.Reasoning, answer.Text, answer.Finish));
        Assert.Equal([.. TestTokenizer.Bytes("héllo 天"), TestTokenizer.End], answer.Ids);
        Assert.Equal(new Usage(2, answer.Ids.Length), answer.Usage);
        Assert.All(answer.Chunks[..^1], c => Assert.NotEqual("", c.Text));
        Assert.All(answer.Chunks[..^1], c => Assert.Null(c.FinishReason));
    }

    [Fact]
    public async Task EndTokensCanBeIgnored()
    {
        Answer answer = await Say([.. TestTokenizer.Bytes("a"), TestTokenizer.End, .. TestTokenizer.Bytes("b")], r => r with { IgnoreEndTokens = true, MaxTokens = 4 });
        Assert.Equal(("abb", FinishReason.Length), (answer.Text, answer.Finish));
    }

    [Fact]
    public async Task StopStringsEndTheAnswerAcrossTokens()
    {
        Answer answer = await Say(TestTokenizer.Bytes("one 天天 STOPPING two"), r => r with { StopStrings = ["nothing", "天 STOP"] });
        Assert.Equal(("one 天", FinishReason.Stop), (answer.Text, answer.Finish));
        Assert.Equal(TestTokenizer.Bytes("one 天天 STOP"), answer.Ids);
        Assert.DoesNotContain(answer.Chunks, c => c.Text.Contains("天 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TextHeldBackForAStopStringComesAtTheEnd()
    {
        Answer answer = await Say([.. TestTokenizer.Bytes("one ST"), TestTokenizer.End], r => r with { StopStrings = ["STOP"] });
        Assert.Equal(("one ST", FinishReason.Stop), (answer.Text, answer.Finish));
    }

    [Fact]
    public async Task StopTokensEndTheAnswer()
    {
        Answer answer = await Say(TestTokenizer.Bytes("one.two"), r => r with { StopTokens = TestTokenizer.Bytes(".") });
        Assert.Equal(("one", FinishReason.Stop), (answer.Text, answer.Finish));
    }

    [Theory]
    [InlineData("<think>so\n</think>\nfour", false)]
    [InlineData("so\n</think>\nfour", true)]
    public async Task ReasoningIsToldFromTheAnswer(string output, bool startsInReasoning)
    {
        int[] tokens = [.. TestTokenizer.Instance.Encode(output), TestTokenizer.End];
        Answer answer = await Say(tokens, r => r with { StartsInReasoning = startsInReasoning });
        Assert.Equal(("so", "four"), (answer.Reasoning, answer.Text));
        Assert.Equal(tokens, answer.Ids);
    }

    [Fact]
    public async Task HalfACharacterAtTheLimitIsReplaced()
    {
        Answer answer = await Say(TestTokenizer.Bytes("a天"), r => r with { MaxTokens = 3 });
        Assert.Equal(("a\uFFFD", FinishReason.Length), (answer.Text, answer.Finish));
    }

    [Fact]
    public async Task TheContextEndsAnAnswer()
    {
        ModelInfo info = s_info with { ContextLength = 10 };
        await using Engine engine = new(new FakeModel(s_info.VocabSize), info, TestTokenizer.Instance, new EngineOptions());
        Answer answer = await Answer.Collect(engine, Request("hello", null) with { IgnoreEndTokens = true }, Token);
        Assert.Equal((FinishReason.Length, new Usage(5, 5)), (answer.Finish, answer.Usage));
    }

    [Fact]
    public async Task TheCacheHoldsAContextOrTheEngineDoesNotStart()
    {
        string Refusal(EngineOptions options) => Assert.Throws<ArgumentException>(() => Create(new FakeModel(s_info.VocabSize), options)).Message;
        Assert.Equal("a cache of 4064 tokens does not hold one context of fake, 4096 tokens: limit the context, or give more", Refusal(new EngineOptions { CacheTokens = 4064 }));
        ModelInfo huge = s_info with { ContextLength = int.MaxValue / 2 };
        CacheShape shape = new(60, 576, 0);
        static MemoryRoom Room(long bytes) => new(0, bytes, bytes);
        Assert.Contains("one context of fake", Assert.Throws<ArgumentException>(() => CachePlan.Blocks(new EngineOptions(), huge, shape, Room(1L << 35))).Message, StringComparison.Ordinal);
        Assert.Contains("takes 35 MB; there are 20 MB", Assert.Throws<ArgumentException>(
            () => CachePlan.Blocks(new EngineOptions { CacheTokens = 256 }, s_info with { ContextLength = 64 }, shape, Room(20_000_000))).Message, StringComparison.Ordinal);
        Assert.Equal(32 * 128, CachePlan.Blocks(new EngineOptions(), s_info, new CacheShape(1, 1, 0), Room(1 << 30)));
        Assert.Equal((1 << 30) / (int)shape.BlockBytes, CachePlan.Blocks(new EngineOptions { MaxSequences = 256 }, s_info with { ContextLength = 64 }, shape, Room(1 << 30)));

        await using Engine engine = Create(new FakeModel(s_info.VocabSize), new EngineOptions { CacheTokens = 64, ContextLength = 40 });
        Assert.Equal(40, engine.Model.ContextLength);
        Assert.Equal(
            "the prompt has 50 tokens; the context of fake is 40",
            Assert.Throws<ArgumentException>(() => engine.GenerateAsync(Request(new string('a', 50), 1), Token)).Message);
        Assert.Equal(10, (await Answer.Collect(engine, Request(new string('a', 30), 20) with { IgnoreEndTokens = true }, Token)).Ids.Length);
    }

    [Fact]
    public async Task RequestsWithoutMeaningAreRefusedAtOnce()
    {
        await using Engine engine = Create(new FakeModel(s_info.VocabSize));
        string Refusal(GenerationRequest request) => Assert.ThrowsAny<ArgumentException>(() => engine.GenerateAsync(request, Token)).Message;
        Assert.Equal("the prompt is empty", Refusal(Request("", 1)));
        Assert.Equal("the prompt has 5000 tokens; the context of fake is 4096", Refusal(Request(new string('a', 5000), 1)));
        Assert.Equal("prompt: token 266 at position 1 is not below the 266 tokens of fake", Refusal(new GenerationRequest { Prompt = [1, 266] }));
        Assert.Contains("MaxTokens", Refusal(Request("a", 0)), StringComparison.Ordinal);
        Assert.Contains("StopStrings", Refusal(Request("a", 1) with { StopStrings = [""] }), StringComparison.Ordinal);
        Assert.Contains("TopP", Refusal(Request("a", 1) with { Sampling = new SamplingOptions { TopP = 2 } }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFailureHarmsNoNeighbour()
    {
        int bad = ByteTokenizerId('!');
        FakeModel model = new(s_info.VocabSize)
        {
            Before = plan =>
            {
                if (plan.Any(rows => rows.Sequence.Next(rows.Count).Contains(bad)))
                {
                    throw new InvalidDataException("a broken row");
                }
            },
        };
        await using Engine engine = Create(model, new EngineOptions { TokenBudget = 8 });
        Task<Answer>[] good = [.. Enumerable.Range(0, 6).Select(i => Answer.Collect(engine, Quiet(Request($"good {i}", 60)), Token))];
        Task<Answer> broken = Answer.Collect(engine, Quiet(Request("a longer prompt, broken here!", 60)), Token);
        Assert.Equal("a broken row", (await Assert.ThrowsAsync<InvalidDataException>(() => broken)).Message);
        for (int i = 0; i < good.Length; i++)
        {
            await using Engine single = Create(new FakeModel(s_info.VocabSize));
            Assert.Equal((await Answer.Collect(single, Quiet(Request($"good {i}", 60)), Token)).Ids, (await good[i]).Ids);
        }

        GenerationRequest Quiet(GenerationRequest request) => request with
        {
            Sampling = new SamplingOptions { Seed = 1, LogitBias = new Dictionary<int, double> { [bad] = double.NegativeInfinity } },
        };
    }

    [Fact]
    public async Task CancellationStopsTheWorkAndLeavesTheRest()
    {
        FakeModel model = new(s_info.VocabSize);
        using ManualResetEventSlim cancelledAll = PauseAfter(100, model);
        await using Engine engine = Create(model, new EngineOptions { TokenBudget = 4, MaxSequences = 3 });
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        GenerationRequest endless = Request("abc", null) with { IgnoreEndTokens = true };
        Task<Answer> cancelled = Answer.Collect(engine, endless, source.Token);
        await foreach (GenerationChunk chunk in engine.GenerateAsync(endless, Token))
        {
            break; // leaving the enumeration gives the request up as well
        }

        Task<Answer> inPrefill = Answer.Collect(engine, Request(new string('x', 4000), 5), source.Token);
        Task<Answer> survivor = Answer.Collect(engine, Request("stays", 300) with { IgnoreEndTokens = true }, Token);
        await source.CancelAsync();
        cancelledAll.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => inPrefill);
        Assert.Equal(300, (await survivor).Ids.Length);
        Assert.InRange(model.StepRows.Count, 300, 420); // a request that was given up does not run on: its end is 4000 steps away
    }

    [Fact]
    public async Task ClosingEndsOpenRequests()
    {
        FakeModel model = new(s_info.VocabSize);
        using ManualResetEventSlim closing = PauseAfter(100, model);
        Engine engine = Create(model);
        GenerationRequest endless = Request("abc", null) with { IgnoreEndTokens = true };
        IAsyncEnumerator<GenerationChunk> open = engine.GenerateAsync(endless, Token).GetAsyncEnumerator(Token);
        Assert.True(await open.MoveNextAsync());
        ValueTask closed = engine.DisposeAsync();
        closing.Set();
        await closed;
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            while (await open.MoveNextAsync())
            {
            }
        });
        await open.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Answer.Collect(engine, endless, Token));
    }

    [Fact]
    public async Task AScriptedEngineIsAnEngine()
    {
        await using ScriptedEngine engine = new((ChunkKind.Reasoning, "two and two"), (ChunkKind.Answer, "four it is"));
        Answer answer = await Answer.Collect(engine, Request("2+2", 9), Token);
        Assert.Equal(("two and two", "four it is", FinishReason.Stop), (answer.Reasoning, answer.Text, answer.Finish));
    }

    /// <summary>Lets a model wait after some steps, so that what a test does happens before its requests can end.</summary>
    private static ManualResetEventSlim PauseAfter(int steps, FakeModel model)
    {
        ManualResetEventSlim gate = new();
        model.Before = _ =>
        {
            if (model.StepRows.Count == steps)
            {
                gate.Wait(Token);
            }
        };
        return gate;
    }

    private static int ByteTokenizerId(char c) => TestTokenizer.Bytes(c.ToString())[0];

    private static Engine Create(StepModel model, EngineOptions? options = null) => new(model, s_info, TestTokenizer.Instance, options ?? new EngineOptions());

    private static GenerationRequest Request(string prompt, int? maxTokens) =>
        new() { Prompt = TestTokenizer.Bytes(prompt), MaxTokens = maxTokens, Sampling = new SamplingOptions { Seed = 1 } };

    /// <summary>What comes out when the model writes <paramref name="tokens"/>.</summary>
    private static async Task<Answer> Say(int[] tokens, Func<GenerationRequest, GenerationRequest> change)
    {
        await using Engine engine = Create(new ScriptModel(s_info.VocabSize, _ => tokens));
        return await Answer.Collect(engine, change(Request("go", 200) with { Sampling = SamplingOptions.Greedy }), Token);
    }

    private static GenerationRequest RandomRequest(int index)
    {
        Random random = new(index);
        return new GenerationRequest
        {
            Prompt = [.. Enumerable.Range(0, 1 + random.Next(index % 3 == 0 ? 200 : 12)).Select(_ => random.Next(s_info.VocabSize))],
            MaxTokens = 1 + random.Next(60),
            Sampling = new SamplingOptions
            {
                Temperature = index % 4 == 0 ? 0 : 0.5 + random.NextDouble(),
                TopK = index % 2 == 0 ? 0 : 40,
                TopP = index % 5 == 0 ? 0.9 : 1,
                RepetitionPenalty = index % 7 == 0 ? 1.2 : 1,
                Seed = (ulong)random.Next(),
                TopLogprobs = index % 3,
                Logprobs = true,
            },
        };
    }
}
