using Razum.Tensors;

namespace Razum.Models;

/// <summary>
/// What the decoder needs to know of a model, with the published names in .NET case. Read from a <c>config.json</c> by <see cref="ModelConfigReader"/>,
/// which is the only place that knows architectures; the forward pass sees these values alone.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The published <c>model_type</c>, e.g. <c>deepseek_v3</c>.</summary>
    public required string ModelType { get; init; }

    public required int VocabSize { get; init; }

    public required int HiddenSize { get; init; }

    public required int NumHiddenLayers { get; init; }

    /// <summary>Width of the dense feed-forward layers.</summary>
    public required int IntermediateSize { get; init; }

    public required float RmsNormEps { get; init; }

    public required int MaxPositionEmbeddings { get; init; }

    public required bool TieWordEmbeddings { get; init; }

    /// <summary>Whether the feed-forward projections have biases (<c>mlp_bias</c>).</summary>
    public bool MlpBias { get; init; }

    /// <summary>Standard deviation for new weights.</summary>
    public float InitializerRange { get; init; } = 0.02f;

    public required RopeConfig Rope { get; init; }

    public required AttentionConfig Attention { get; init; }

    /// <summary>The experts; null for dense models.</summary>
    public MoeConfig? Moe { get; init; }

    /// <summary>Layers of multi-token prediction after the last one (<c>num_nextn_predict_layers</c>): 0 or 1.</summary>
    public int NumNextnPredictLayers { get; init; }

    /// <summary>Whether activations rounded to E4M3 have powers of two as factors (<c>quantization_config</c>, <c>scale_fmt</c> ue8m0).</summary>
    public bool PowerOfTwoScales { get; init; }

    public int? BosTokenId { get; init; }

    /// <summary>Tokens that end an answer (<c>eos_token_id</c>, one or a list).</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];
}
