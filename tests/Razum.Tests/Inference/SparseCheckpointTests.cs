using Razum.Benchmarks;
using Razum.Inference;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Inference;

/// <summary>The checkpoint of holes that stands in for one larger than memory, at a tiny size: every published tensor is there, it loads and runs.</summary>
public sealed class SparseCheckpointTests
{
    private static readonly string s_config = Cli.TinyModel.Config
        .Replace("\"num_nextn_predict_layers\": 0", "\"num_nextn_predict_layers\": 1", StringComparison.Ordinal)
        .Replace("\"hidden_act\"", "\"quantization_config\": { \"quant_method\": \"fp8\", \"fmt\": \"e4m3\", \"activation_scheme\": \"dynamic\", \"weight_block_size\": [128, 128] }, \"hidden_act\"", StringComparison.Ordinal);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_has_the_published_tensors_and_runs(bool filled)
    {
        using TemporaryFolder folder = new();
        SparseCheckpoint.Write(folder.Path, s_config, 3, filled);
        Assert.Equal(
            ["model-00001-of-000003.safetensors", "model-00002-of-000003.safetensors", "model-00003-of-000003.safetensors"],
            Directory.EnumerateFiles(folder.Path, "*.safetensors").Select(Path.GetFileName).Order());
        ServingPlan planned = ServingPlan.Of("tiny", s_config, null, new EngineOptions(), 1_000_000_000);
        ServingPlan written = ServingPlan.Read(folder.Path, null, new EngineOptions(), 1_000_000_000);
        Assert.Equal((planned.StoredBytes, planned.WeightBytes, planned.FileBytes), (written.StoredBytes, written.WeightBytes, written.FileBytes));
        Assert.Equal(planned.Types, written.Types);

        using ModelBundle bundle = ModelBundle.Load(folder.Path);
        Assert.NotNull(bundle.Decoder.Mtp);
        Weight[] float8 = [.. bundle.Decoder.Parameters.Where(w => w.Format == WeightFormat.F8_E4M3)];
        Assert.NotEmpty(float8);
        Assert.All(float8, w => Assert.True(w.IsMapped && w.BlockScales!.IsMapped));
        await using Engine engine = new(bundle, new EngineOptions { RecordRouting = true, Threads = 1 });
        GenerationRequest request = new() { Prompt = [97], MaxTokens = 1, RecordRouting = true, IgnoreEndTokens = true };
        Answer answer = await Answer.Collect(engine, request, TestContext.Current.CancellationToken);
        Assert.Single(answer.Tokens);
        Assert.Equal(2, answer.Chunks[^1].Experts!.Length);
        Assert.All(float8, w => Assert.True(w.Packed is null && w.Tiles is null));
    }

    [Fact]
    public void Values_decide_where_tokens_go()
    {
        using TemporaryFolder folder = new();
        SparseCheckpoint.Write(folder.Path, s_config, 1);
        using var checkpoint = new Checkpoint(folder.Path);
        Assert.All(checkpoint.ReadFloats("model.norm.weight"), v => Assert.Equal(1, v));
        Assert.Contains(checkpoint.ReadFloats("model.layers.1.mlp.gate.weight"), v => v != 0);
        Assert.All(checkpoint.ReadFloats("lm_head.weight"), v => Assert.Equal(0, v));
    }
}
