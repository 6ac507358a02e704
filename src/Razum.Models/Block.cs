using Razum.Tensors;

namespace Razum.Models;

/// <summary>One decoder layer, pre-norm: x += Attention(norm(x)); x += FeedForward(norm(x)).</summary>
public sealed class Block
{
    private readonly Norm _inputNorm;
    private readonly Norm _postNorm;

    /// <param name="observedName">Prefix of observed values; "" in the main model.</param>
    public Block(ModelConfig config, RopeTable rope, ParameterSource source, int layer, string observedName)
    {
        string name = $"model.layers.{layer}";
        _inputNorm = new Norm(source, name + ".input_layernorm", config.HiddenSize, config.RmsNormEps);
        Attention = config.Attention switch
        {
            MlaConfig mla => new LatentAttention(config, mla, rope, source, name + ".self_attn", layer),
            GqaConfig gqa => new GroupedQueryAttention(config, gqa, rope, source, name + ".self_attn", layer),
            _ => throw new ArgumentException($"unknown attention {config.Attention.GetType().Name}", nameof(config)),
        };
        _postNorm = new Norm(source, name + ".post_attention_layernorm", config.HiddenSize, config.RmsNormEps);
        bool sparse = config.Moe is { } moe && (layer >= moe.Layers.Count || moe.Layers[layer]);
        FeedForward = sparse
            ? new MixtureOfExperts(config, config.Moe!, source, layer, name + ".mlp", observedName)
            : new DenseFeedForward(source, name + ".mlp", config.HiddenSize, config.IntermediateSize, config.MlpBias);
    }

    public SelfAttention Attention { get; }

    public FeedForward FeedForward { get; }

    /// <summary>The residual stream [T, D] after this layer.</summary>
    public Tensor Forward(Ops ops, Tensor x, Batch batch)
    {
        x = ops.Add(x, Attention.Forward(ops, _inputNorm.Forward(ops, x), batch));
        return ops.Add(x, FeedForward.Forward(ops, _postNorm.Forward(ops, x), batch));
    }
}
