using System.Text.Json.Nodes;
using Razum.Models;
using Razum.Tests.Cli;
using Razum.Training.Speed;

namespace Razum.Tests.Models;

/// <summary>Counted operations and bytes against sums written out by hand, and against the published counts of parameters.</summary>
public sealed class DecoderCostTests
{
    [Theory]
    [InlineData("r1-distill-qwen-1.5b", 1_543_714_304 - 144_896, 28 * 2 * 2 * 128)]
    [InlineData("llama-3.1-8b", 7_504_924_672 - 266_240, 32 * 2 * 8 * 128)]
    [InlineData("v2-lite", 2_451_435_008 - 126_464, 27 * 576)]
    public void Active_parameters_are_the_published_ones_without_vectors(string shape, long active, int cachedColumns)
    {
        var cost = new DecoderCost(new Decoder(NamedShapes.Get(shape), new ShapeParameters()));
        Assert.Equal(active, cost.Active);
        Assert.Equal(cachedColumns * 4.0, cost.CachedRowBytes);
    }

    [Fact]
    public void Operations_of_latent_attention_follow_its_form()
    {
        (DecoderCost expanded, DecoderCost absorbed) = (Tiny(LatentAttentionForm.Expanded), Tiny(LatentAttentionForm.Absorbed));
        double matrices = 2 * (expanded.Active - (272 * 32)); // without the head
        double pairs = (5 * 3) + (3 * 4 / 2);
        Assert.Equal((3 * matrices) + (2 * 272 * 32) + (2 * pairs * 2 * 2 * (8 + 8 + 8)), expanded.Forward(past: 5, rows: 3, logits: 1));
        Assert.Equal((3 * matrices) + (2 * 272 * 32) + (2 * pairs * 2 * 2 * (16 + 16 + 8)), absorbed.Forward(past: 5, rows: 3, logits: 1));
        Assert.Equal(3 * expanded.Forward(past: 0, rows: 7, logits: 7), expanded.Training(7, withMtp: false), 1e-6);
    }

    [Fact]
    public void Sparse_attention_scores_every_key_and_reads_few()
    {
        JsonObject text = JsonNode.Parse(TinyModel.Config)!.AsObject();
        (text["model_type"], text["q_lora_rank"]) = ("deepseek_v32", 12);
        (text["index_head_dim"], text["index_n_heads"], text["index_topk"]) = (10, 3, 9);
        var cost = new DecoderCost(new Decoder(ModelConfigReader.Parse(text.ToJsonString()), new ShapeParameters()));
        const int Layers = 2, Columns = 2 * (16 + 8 + 16), Index = 3 * 10;
        double first = cost.Forward(past: 0, rows: 4, logits: 1); // 1 to 4 keys
        Assert.Equal(2 * Layers * ((8 + (3 * 9) - 10) * Columns + ((8 + 9 + 10 + 11 - 10) * Index)), cost.Forward(past: 7, rows: 4, logits: 1) - first, 1e-6);
        Assert.Equal(2 * Layers * (((4 * 9) - 10) * Columns + ((21 + 22 + 23 + 24 - 10) * Index)), cost.Forward(past: 20, rows: 4, logits: 1) - first, 1e-6);
        Assert.Equal(Layers * (16 + 8 + 10) * 4, cost.CachedRowBytes);
        double indexer = Layers * ((3 * 10 * 12) + (10 * 32) + (3 * 32));
        Assert.Equal(3 - (2 * indexer / cost.Active), cost.TrainingPasses, 1e-9);
    }

    [Fact]
    public void Bytes_are_those_of_the_experts_that_rows_visit()
    {
        DecoderCost cost = Tiny(LatentAttentionForm.Absorbed);
        double experts = 4 * 3 * 16 * 32 * 4;
        double rest = cost.WeightBytes(1, 0) - (experts / 2) - (32 * 4);
        Assert.Equal(rest + (experts * 0.75) + (2 * 32 * 4), cost.WeightBytes(2, 0), 1e-6); // half the experts per row: 1 - (1 - 1/2)^2
        Assert.Equal(rest + experts + (100 * 32 * 4), cost.WeightBytes(100, 0), 1e-6);
        Assert.Equal(272 * 32 * 4, cost.WeightBytes(1, 1) - cost.WeightBytes(1, 0), 1e-6);
        Assert.Equal(2 * (16 + 8) * 4, cost.CachedRowBytes);
    }

    [Fact]
    public void Every_shape_can_be_made()
    {
        Assert.Equal(["llama-3.1-8b", "nano", "r1-671b", "r1-distill-qwen-1.5b", "v2-lite"], NamedShapes.Names);
        Assert.All(NamedShapes.Names, name => Assert.NotEmpty(new Decoder(NamedShapes.Get(name), new ShapeParameters()).Parameters));
    }

    private static DecoderCost Tiny(LatentAttentionForm form) =>
        new(new Decoder(ModelConfigReader.Parse(TinyModel.Config), new ShapeParameters()) { LatentForm = form });
}
