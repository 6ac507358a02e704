using Razum.Tensors;

namespace Razum.Models;

/// <summary>
/// Multi-head latent attention (DeepSeek-V2 section 2.1; architecture notes 1.2). Cached per token: [c (rkv) | rotated shared key (dr)], in both forms.
/// With an indexer (DeepSeek-V3.2) its key follows, and only the keys that it chooses are attended to.
/// Expanded: k_h = [W_UK c | k_pe], v_h = W_UV c. Absorbed: the query becomes [q_nope W_UK | q_pe], one key head for all = the cached row, values = its c.
/// </summary>
public sealed class LatentAttention : SelfAttention
{
    /// <summary>Epsilon of the norms of the latents, whatever rms_norm_eps says (as published implementations compute it).</summary>
    private const float LatentEps = 1e-6f;

    private readonly MlaConfig _config;
    private readonly RopeTable _rope;
    private readonly int _layer;
    private readonly int _keyDim;
    private readonly float _scale;
    private readonly Linear _q;
    private readonly Linear? _qA;
    private readonly Norm? _qNorm;
    private readonly Linear _kvA;
    private readonly Norm _kvNorm;
    private readonly Linear _kvB;
    private readonly Linear _o;
    private readonly Indexer? _indexer;

    public LatentAttention(ModelConfig config, MlaConfig attention, RopeTable rope, ParameterSource source, string name, int layer)
    {
        (_config, _rope, _layer) = (attention, rope, layer);
        _keyDim = attention.QkNopeHeadDim + attention.QkRopeHeadDim;
        _scale = (float)(rope.SoftmaxScaleFactor / Math.Sqrt(_keyDim));
        int heads = attention.NumAttentionHeads;
        if (attention.QLoraRank is { } rank)
        {
            _qA = new Linear(source, name + ".q_a_proj", config.HiddenSize, rank);
            _qNorm = new Norm(source, name + ".q_a_layernorm", rank, LatentEps);
            _q = new Linear(source, name + ".q_b_proj", rank, heads * _keyDim);
        }
        else
        {
            _q = new Linear(source, name + ".q_proj", config.HiddenSize, heads * _keyDim);
        }

        _kvA = new Linear(source, name + ".kv_a_proj_with_mqa", config.HiddenSize, attention.KvLoraRank + attention.QkRopeHeadDim);
        _kvNorm = new Norm(source, name + ".kv_a_layernorm", attention.KvLoraRank, LatentEps);
        _kvB = new Linear(source, name + ".kv_b_proj", attention.KvLoraRank, heads * (attention.QkNopeHeadDim + attention.VHeadDim));
        _o = new Linear(source, name + ".o_proj", heads * attention.VHeadDim, config.HiddenSize);
        if (attention.Indexer is { } indexer)
        {
            int compressed = attention.QLoraRank ?? throw new ArgumentException("an indexer reads the compressed query: q_lora_rank is missing", nameof(attention));
            string observed = layer < config.NumHiddenLayers ? $"indexer.{layer}" : "mtp.indexer";
            _indexer = new Indexer(indexer, rope, (config.HiddenSize, compressed), source, name + ".indexer", layer, observed);
        }
    }

    /// <summary>
    /// Which form is computed. With an indexer always the absorbed one: chosen keys are gathered for every token, and expanded ones of all heads would be
    /// many times the memory.
    /// </summary>
    public LatentAttentionForm Form { get; set; }

    public override Tensor Forward(Ops ops, Tensor x, Batch batch)
    {
        Tensor low = _qA is null ? x : _qNorm!.Forward(ops, _qA.Forward(ops, x, batch.Adapted)); // [T, rq]
        Tensor q = _q.Forward(ops, low, batch.Adapted); // [T, H*(dn+dr)]
        q = ops.Rope(q, _rope, batch.Positions, _keyDim, _config.QkNopeHeadDim);
        Tensor compressed = _kvA.Forward(ops, x, batch.Adapted); // [T, rkv+dr]
        Tensor c = _kvNorm.Forward(ops, compressed.Slice(0, _config.KvLoraRank)); // [T, rkv]
        Tensor sharedKey = ops.Rope(
            compressed.Slice(_config.KvLoraRank, _config.QkRopeHeadDim), _rope, batch.Positions, _config.QkRopeHeadDim, 0); // [T, dr]
        Tensor latent = ops.Concat(c, sharedKey); // [T, rkv+dr]
        Tensor y = Form == LatentAttentionForm.Expanded && _indexer is null ? Expanded(ops, q, latent, batch) : Absorbed(ops, q, latent, x, low, batch); // [T, H*dv]
        return _o.Forward(ops, y, batch.Adapted); // [T, D]
    }

    private Tensor Expanded(Ops ops, Tensor q, Tensor latent, Batch batch)
    {
        (int heads, int dn, int dr, int dv) = (_config.NumAttentionHeads, _config.QkNopeHeadDim, _config.QkRopeHeadDim, _config.VHeadDim);
        Tensor all = ops.Recall(latent, batch.Segments, _layer); // [S, rkv+dr]
        Tensor kv = _kvB.Forward(ops, all.Slice(0, _config.KvLoraRank), batch.AdaptedKeys); // [S, H*(dn+dv)]
        Tensor k = ops.JoinHeads(new HeadColumns(kv, dn + dv, 0, dn), new HeadColumns(all, 0, _config.KvLoraRank, dr), heads); // [S, H*(dn+dr)]
        Tensor v = ops.JoinHeads(new HeadColumns(kv, dn + dv, dn, dv), default, heads); // [S, H*dv]
        return ops.Attention(q, k, v, new AttentionShape(heads, heads, _keyDim, dv, _scale), batch.ExpandedSegments, _layer);
    }

    private Tensor Absorbed(Ops ops, Tensor q, Tensor latent, Tensor x, Tensor low, Batch batch)
    {
        (int heads, int dn, int dr, int dv) = (_config.NumAttentionHeads, _config.QkNopeHeadDim, _config.QkRopeHeadDim, _config.VHeadDim);
        int rank = _config.KvLoraRank;
        Tensor nope = ops.JoinHeads(new HeadColumns(q, _keyDim, 0, dn), default, heads); // [T, H*dn]
        Tensor absorbed = _kvB.ForwardHeads(ops, nope, new HeadRows(dn + dv, 0, dn), heads, transposed: true, batch.Adapted); // [T, H*rkv]
        Tensor query = ops.JoinHeads(new HeadColumns(absorbed, rank, 0, rank), new HeadColumns(q, _keyDim, dn, dr), heads); // [T, H*(rkv+dr)]
        var shape = new AttentionShape(heads, 1, rank + dr, rank, _scale);
        Tensor mixed = _indexer is null
            ? ops.Attention(query, latent, latent.Slice(0, rank), shape, batch.Segments, _layer)
            : _indexer.Attend(ops, query, latent, shape, x, low, batch); // [T, H*rkv]
        return _kvB.ForwardHeads(ops, mixed, new HeadRows(dn + dv, dn, dv), heads, transposed: false, batch.Adapted); // [T, H*dv]
    }
}
