using Razum.Inference;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Threading;
using Razum.Tests.Cli;
using Xunit;

namespace Razum.Tests.Inference;

/// <summary>Weights and cache are planned together: what does not fit memory is refused before it is allocated, in one line with all three sizes.</summary>
public sealed class MemoryRoomTests
{
    private static readonly ModelInfo s_info = new("small", 256, 64, []);

    [Fact]
    public void TheCacheGetsWhatWeightsLeave()
    {
        CacheShape shape = new(60, 576, 0);
        EngineOptions options = new() { MaxSequences = 256 };
        Assert.Equal(10, CachePlan.Blocks(options, s_info, shape, new MemoryRoom(500_000_000, 500_000_000 + (10 * shape.BlockBytes), 1 << 30)));
        Assert.Equal(7, CachePlan.Blocks(options, s_info, shape, new MemoryRoom(0, 1 << 30, (8 * shape.BlockBytes) - 1)));
    }

    [Theory]
    [InlineData(0, "the keys and values of one context of small, 64 tokens, take 9 MB; there are 5 MB for them (weights take 700 MB, a step 0 MB, 705 MB of memory are available): limit the context")]
    [InlineData(64, "the keys and values of one context of small, 64 tokens, take 9 MB; there are 5 MB for them (weights take 700 MB, a step 0 MB, 705 MB of memory are available): limit the context")]
    public void WhatDoesNotFitIsRefusedInOneLine(int tokens, string message) => Assert.Equal(message, Assert.Throws<ArgumentException>(
        () => CachePlan.Blocks(new EngineOptions { CacheTokens = tokens }, s_info, new CacheShape(60, 576, 0), new MemoryRoom(700_000_000, 705_000_000, 1 << 30))).Message);

    [Fact]
    public void WeightsCountOnceAndOnlyWhatIsStillToCome()
    {
        Decoder decoder = new(ModelConfigReader.Parse(TinyModel.Config), new RandomParameters(1, 0.2f));
        Weight[] multiplied = [.. decoder.Parameters.Where(w => !w.IsVector && w.Name != "model.embed_tokens.weight")];
        long copies = multiplied.Sum(w => (w.Rows + 31L) / 32 * 32 * w.Columns * sizeof(float));
        EngineOptions options = new();
        long Pending(EngineOptions engine, WeightPlacement placement = WeightPlacement.Packed) => WeightPlan.Of(decoder, engine, placement).Pending;
        Assert.Equal(copies, Pending(options));
        Assert.Equal(copies / 2, Pending(options with { Arithmetic = Arithmetic.BF16 }));
        Assert.Equal(copies, Pending(options, WeightPlacement.InPlace)); // nothing is in a file
        Assert.Equal(decoder.Parameters.Sum(w => w.StoredBytes), WeightPlan.Taken(decoder));

        using CpuOps ops = new(1);
        Batch batch = new();
        batch.Add([1, 2, 3]);
        decoder.Logits(ops, decoder.Forward(ops, batch));
        Assert.InRange(Pending(options), 0, copies - 1);
    }

    [Fact]
    public void QuantisedWeightsAreCountedFromTheShapeAlone()
    {
        ModelConfig config = ModelConfigReader.Parse(TinyModel.Config);
        using WorkerPool pool = new(1);
        Decoder quantised = new(config, new QuantisedParameters(new RandomParameters(1, 0.2f), WeightFormat.Q8_0, pool));
        long tiles = quantised.Parameters.Where(w => w.Format == WeightFormat.Q8_0).Sum(w => w.StoredBytes);
        long others = quantised.Parameters.Where(w => w.Format != WeightFormat.Q8_0).Sum(w => w.Count * 2);
        Assert.True(tiles > 0);
        Assert.InRange(MemoryRoom.ToQuantise(new Decoder(config, new ShapeParameters()), WeightFormat.Q8_0), (tiles + others) / 2, tiles + others);
    }

    [Fact]
    public void AFolderThatDoesNotFitIsRefusedBeforeItIsQuantised()
    {
        using TemporaryFolder folder = new();
        TinyModel.Write(folder.Path);
        File.WriteAllText(folder.File("config.json"), TinyModel.Config.Replace("\"max_position_embeddings\": 128", "\"max_position_embeddings\": 2000000000", StringComparison.Ordinal));
        string message = Assert.Throws<ArgumentException>(() => ModelBundle.Load(folder.Path, WeightFormat.Q8_0, 1, new EngineOptions())).Message;
        Assert.Contains("2000000000 tokens, take 384000 MB", message, StringComparison.Ordinal);
        Assert.Contains("(weights take 0 MB, ", message, StringComparison.Ordinal);
        using ModelBundle bundle = ModelBundle.Load(folder.Path, WeightFormat.Q8_0, 1, new EngineOptions { ContextLength = 128 });
    }
}
