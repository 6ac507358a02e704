using Razum.Tensors;

namespace Razum.Models;

/// <summary>
/// The indexer of DeepSeek-V3.2 (arXiv 2512.02556 section 2.1), which chooses the keys that a token attends to: heads of queries from the compressed query,
/// one key from the hidden state, a weight per head. IH heads of di columns. Its key is cached behind the latent. It rotates halves, on the first
/// qk_rope_head_dim columns, while the attention of the same model rotates pairs. No gradient of what the attention gives reaches it.
/// Left out: the factor (IH di)^-1/2 on the weights, which changes no choice, and the Hadamard rotation and FP8 rounding of the published kernels.
/// </summary>
public sealed class Indexer
{
    /// <summary>Epsilon of the norm of the key, whatever rms_norm_eps says (as published implementations compute it).</summary>
    private const float KeyEps = 1e-6f;

    private readonly IndexShape _shape;
    private readonly RopeTable _rope;
    private readonly int _layer;
    private readonly string _observedName;
    private readonly Linear _q;
    private readonly Linear _k;
    private readonly Weight _gain;
    private readonly Weight _bias;
    private readonly Linear _weights;

    /// <param name="indexer">Its sizes.</param>
    /// <param name="rope">The rotation of the attention; its angles are used here too.</param>
    /// <param name="inputs">Columns of hidden state and compressed query.</param>
    /// <param name="source">Where the parameters come from.</param>
    /// <param name="name">Published name of the module.</param>
    /// <param name="layer">Layer of the cache.</param>
    /// <param name="observedName">Name under which the choice is shown.</param>
    public Indexer(IndexerConfig indexer, RopeTable rope, (int Hidden, int Query) inputs, ParameterSource source, string name, int layer, string observedName)
    {
        (int heads, int dim) = (indexer.IndexNHeads, indexer.IndexHeadDim);
        (_shape, _layer, _observedName) = (new IndexShape(heads, dim, indexer.IndexTopk), layer, observedName);
        _rope = rope.With(RopeLayout.Half);
        _q = new Linear(source, name + ".wq_b", inputs.Query, heads * dim);
        _k = new Linear(source, name + ".wk", inputs.Hidden, dim);
        _gain = source.GetVector(name + ".k_norm.weight", dim);
        _bias = source.GetVector(name + ".k_norm.bias", dim);
        _weights = new Linear(source, name + ".weights_proj", inputs.Hidden, heads);
    }

    /// <summary>Absorbed attention to the chosen keys. [T, H*rkv]</summary>
    /// <param name="ops">What computes.</param>
    /// <param name="query">Absorbed queries. [T, H*(rkv+dr)]</param>
    /// <param name="latent">What attention reads of the new tokens. [T, rkv+dr]</param>
    /// <param name="shape">Sizes of the attention.</param>
    /// <param name="x">Hidden state. [T, D]</param>
    /// <param name="compressed">Compressed query. [T, rq]</param>
    /// <param name="batch">The tokens.</param>
    public Tensor Attend(Ops ops, Tensor query, Tensor latent, AttentionShape shape, Tensor x, Tensor compressed, Batch batch)
    {
        Tensor k = ops.LayerNorm(_k.Forward(ops, x, batch.Adapted), _gain, _bias, KeyEps).Detach(); // [T, di]
        Tensor weights = _weights.Forward(ops, x, batch.Adapted); // [T, IH]
        Tensor q = _q.Forward(ops, compressed, batch.Adapted).Detach(); // [T, IH*di]
        q = ops.Rope(q, _rope, batch.Positions, _shape.Dim, 0);
        k = ops.Rope(k, _rope, batch.Positions, _shape.Dim, 0);
        return ops.SparseAttention(query, ops.Concat(latent, k), q, weights, shape, _shape, batch.Segments, _layer, _observedName);
    }
}
