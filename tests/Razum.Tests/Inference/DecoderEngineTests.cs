using Razum.Inference;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Threading;
using Razum.Tests.Models;

namespace Razum.Tests.Inference;

/// <summary>
/// The engine over real decoders: every checkpoint of <c>goldens/lm</c> that this version reads, over its BF16 weights, F32 copies and
/// quantised ones. What a request gets must not depend on company, chunking or threads, and its log-probabilities must be the trainer's, bit for bit.
/// </summary>
[Trait("golden", "yes")]
public sealed class DecoderEngineTests
{
    private static readonly EngineOptions s_alone = new() { Threads = 1 };
    private static readonly EngineOptions s_crowded = new() { Threads = 2, MaxSequences = 9, TokenBudget = 21 };

    public static TheoryData<string, WeightFormat> Models
    {
        get
        {
            TheoryData<string, WeightFormat> models = [];
            foreach (string name in LanguageModelCase.Names)
            {
                models.Add(name, WeightFormat.BF16);
                models.Add(name, WeightFormat.F32);
                models.Add(name, WeightFormat.Q8_0);
            }

            return models;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Models))]
    public async Task SixteenRequestsDoNotDisturbEachOther(string name, WeightFormat format)
    {
        using Checkpoint checkpoint = Open(name);
        Decoder decoder = Load(name, checkpoint, format);
        GenerationRequest[] requests = [.. Enumerable.Range(0, 16).Select(i => RandomRequest(i, decoder.Config.VocabSize))];
        Answer[] alone = new Answer[requests.Length], together;
        await using (Engine engine = Create(decoder, s_alone))
        {
            for (int i = 0; i < requests.Length; i++)
            {
                alone[i] = await Answer.Collect(engine, requests[i], Token);
            }
        }

        await using (Engine engine = Create(decoder, s_crowded))
        {
            together = await Task.WhenAll(requests.Select(r => Answer.Collect(engine, r, Token)));
        }

        using CpuOps trainer = new(1);
        for (int i = 0; i < requests.Length; i++)
        {
            Assert.Equal(requests[i].MaxTokens, alone[i].Ids.Length);
            Assert.Equal(alone[i].Ids, together[i].Ids);
            Assert.Equal(Bits(alone[i]), Bits(together[i]));
            Assert.Equal(TrainerBits(trainer, decoder, requests[i], alone[i]), Bits(alone[i]));
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Models))]
    public void ADecodedTokenAllocatesNothing(string name, WeightFormat format)
    {
        using Checkpoint checkpoint = Open(name);
        Decoder decoder = Load(name, checkpoint, format);
        using DecoderModel model = new(decoder, 4, threads: 1);
        using BlockPool pool = new(model.CacheShape, 64);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions { MaxSequences = 4, TokenBudget = 64 }));
        for (int i = 0; i < 3; i++)
        {
            loop.Add(new Sequence(RandomRequest(i, decoder.Config.VocabSize) with { MaxTokens = 200 }, Info(decoder)));
        }

        SteadyLoop.AssertAllocatesNothing(loop, warmUp: 60, steps: 30);
    }

    private static Checkpoint Open(string name) => new(Path.Combine(Goldens.Root, "lm", name));

    private static Decoder Load(string name, Checkpoint checkpoint, WeightFormat format)
    {
        using WorkerPool pool = new(1);
        ParameterSource source = new CheckpointParameters(checkpoint, format == WeightFormat.F32);
        source = WeightFormats.Quantised.Contains(format) ? new QuantisedParameters(source, format, pool) : source;
        return new Decoder(ModelConfigReader.Read(Path.Combine(Goldens.Root, "lm", name)), source);
    }

    private static ModelInfo Info(Decoder decoder) => new("tiny", decoder.Config.VocabSize, decoder.Config.MaxPositionEmbeddings, []);

    private static Engine Create(Decoder decoder, EngineOptions options) =>
        new(new DecoderModel(decoder, options.MaxSequences, options.Threads), Info(decoder), TestTokenizer.Instance, options);

    private static int[] Bits(Answer answer) => [.. answer.Tokens.Select(t => BitConverter.SingleToInt32Bits(t.Logprob!.Value))];

    /// <summary>What training computes for the same tokens: one pass over the whole sequence, nothing cached.</summary>
    private static int[] TrainerBits(CpuOps ops, Decoder decoder, GenerationRequest request, Answer answer)
    {
        ops.Arena.Reset();
        int[] tokens = [.. request.Prompt, .. answer.Ids];
        Batch batch = new();
        batch.Add(tokens.AsSpan(0, tokens.Length - 1));
        Tensor hidden = decoder.Forward(ops, batch); // [T, D]
        Tensor values = ops.LogProbabilities(hidden, decoder.Head, tokens.AsSpan(1)); // [T, 1]
        return [.. values.ToArray().TakeLast(answer.Ids.Length).Select(BitConverter.SingleToInt32Bits)];
    }

    private static GenerationRequest RandomRequest(int index, int vocabSize)
    {
        Random random = new(index);
        return new GenerationRequest
        {
            Prompt = [.. Enumerable.Range(0, 1 + random.Next(index % 4 == 0 ? 70 : 9)).Select(_ => random.Next(vocabSize))],
            MaxTokens = 3 + random.Next(12),
            Sampling = new SamplingOptions
            {
                Temperature = index % 5 == 0 ? 0 : 1,
                TopP = index % 3 == 0 ? 0.95 : 1,
                RepetitionPenalty = index % 4 == 0 ? 1.3 : 1,
                Seed = (ulong)index,
                Logprobs = true,
                TopLogprobs = index % 3,
            },
        };
    }
}
