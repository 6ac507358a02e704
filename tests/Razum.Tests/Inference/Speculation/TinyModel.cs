using Razum.Models;
using Razum.Tensors;

namespace Razum.Tests.Inference.Speculation;

/// <summary>A deepseek_v3 of random weights, as small as it can be with everything in it: latent attention, experts, multi-token prediction.</summary>
internal static class TinyModel
{
    public const int VocabSize = 48;

    public static Decoder Create(LatentAttentionForm form = LatentAttentionForm.Absorbed, int context = 512) =>
        new(Config(context), new RandomParameters(5, 0.3f)) { LatentForm = form };

    /// <summary>The same as a deepseek_v32: a token attends to few keys.</summary>
    public static Decoder CreateSparse()
    {
        ModelConfig config = Config(512);
        var indexer = new IndexerConfig { IndexHeadDim = 12, IndexNHeads = 3, IndexTopk = 10 };
        MlaConfig attention = (MlaConfig)config.Attention with { QLoraRank = 20, Indexer = indexer };
        return new Decoder(config with { ModelType = "deepseek_v32", Attention = attention }, new RandomParameters(5, 0.3f));
    }

    public static ModelConfig Config(int context) => new()
    {
        ModelType = "deepseek_v3",
        VocabSize = VocabSize,
        HiddenSize = 24,
        NumHiddenLayers = 2,
        IntermediateSize = 40,
        RmsNormEps = 1e-6f,
        MaxPositionEmbeddings = context,
        TieWordEmbeddings = false,
        Rope = new RopeConfig(10000, RopeLayout.Interleaved, null),
        Attention = new MlaConfig { NumAttentionHeads = 2, KvLoraRank = 16, QkNopeHeadDim = 8, QkRopeHeadDim = 8, VHeadDim = 8 },
        Moe = new MoeConfig
        {
            Router = new RouterShape(4, 2, RouterScore.Sigmoid, 1, 1, GroupScore.TopTwoSum, true, 1.4f),
            MoeIntermediateSize = 16,
            SharedIntermediateSize = 16,
            CorrectionBias = true,
            Layers = [false, true],
        },
        NumNextnPredictLayers = 1,
    };
}
