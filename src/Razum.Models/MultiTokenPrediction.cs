using Razum.Tensors;

namespace Razum.Models;

/// <summary>
/// The extra layer that predicts the token after the next (DeepSeek-V3 section 2.2, as released): h'_i = eh_proj [enorm(Emb(t_{i+1})) ; hnorm(h_i)],
/// then a decoder block of its own and a norm; logits by the main head predict t_{i+2}. Embedding first, the opposite of the paper's equation 21.
/// The hidden state fed in is the one after the final norm; chained drafts feed back this layer's own output.
/// </summary>
public sealed class MultiTokenPrediction
{
    private readonly Weight _embedding;
    private readonly Norm _embeddingNorm;
    private readonly Norm _hiddenNorm;
    private readonly Linear _project;
    private readonly Norm _norm;

    public MultiTokenPrediction(ModelConfig config, RopeTable rope, Weight embedding, ParameterSource source)
    {
        int layer = config.NumHiddenLayers;
        string name = $"model.layers.{layer}";
        _embedding = embedding;
        _embeddingNorm = new Norm(source, name + ".enorm", config.HiddenSize, config.RmsNormEps);
        _hiddenNorm = new Norm(source, name + ".hnorm", config.HiddenSize, config.RmsNormEps);
        _project = new Linear(source, name + ".eh_proj", 2 * config.HiddenSize, config.HiddenSize);
        Block = new Block(config, rope, source, layer, "mtp.router");
        _norm = new Norm(source, name + ".shared_head.norm", config.HiddenSize, config.RmsNormEps);
    }

    public Block Block { get; }

    /// <summary>
    /// Row i: token t_{i+1} of <paramref name="next"/> (at position i) and hidden h_i give the hidden, after the norm, that predicts t_{i+2}. [T, D]
    /// </summary>
    public Tensor Forward(Ops ops, Tensor hidden, Batch next)
    {
        Tensor embedded = _embeddingNorm.Forward(ops, ops.Embedding(_embedding, next.Tokens)); // [T, D]
        Tensor joined = ops.Concat(embedded, _hiddenNorm.Forward(ops, hidden)); // [T, 2D]
        return _norm.Forward(ops, Block.Forward(ops, _project.Forward(ops, joined, next.Adapted), next)); // [T, D]
    }
}
