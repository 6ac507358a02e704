using Razum.Tensors;

namespace Razum.Models;

/// <summary>Grouped-query attention (llama, qwen): optional biases, optional norm of every query and key head before the rotation, optional window.</summary>
public sealed class GroupedQueryAttention : SelfAttention
{
    private readonly AttentionShape _shape;
    private readonly RopeTable _rope;
    private readonly int _layer;
    private readonly int _headDim;
    private readonly Linear _q;
    private readonly Linear _k;
    private readonly Linear _v;
    private readonly Linear _o;
    private readonly Norm? _qNorm;
    private readonly Norm? _kNorm;

    public GroupedQueryAttention(ModelConfig config, GqaConfig attention, RopeTable rope, ParameterSource source, string name, int layer)
    {
        int window = attention.SlidingWindow > 0 && layer >= attention.FirstWindowLayer ? attention.SlidingWindow : 0;
        (_rope, _layer, _headDim) = (rope, layer, attention.HeadDim);
        float scale = (float)(rope.SoftmaxScaleFactor / Math.Sqrt(_headDim));
        _shape = new AttentionShape(attention.NumAttentionHeads, attention.NumKeyValueHeads, _headDim, _headDim, scale, window);
        int keys = attention.NumKeyValueHeads * _headDim;
        int queries = attention.NumAttentionHeads * _headDim;
        _q = new Linear(source, name + ".q_proj", config.HiddenSize, queries, attention.QkvBias);
        _k = new Linear(source, name + ".k_proj", config.HiddenSize, keys, attention.QkvBias);
        _v = new Linear(source, name + ".v_proj", config.HiddenSize, keys, attention.QkvBias);
        _o = new Linear(source, name + ".o_proj", queries, config.HiddenSize, attention.OutputBias);
        if (attention.QkNorm)
        {
            _qNorm = new Norm(source, name + ".q_norm", _headDim, config.RmsNormEps);
            _kNorm = new Norm(source, name + ".k_norm", _headDim, config.RmsNormEps);
        }
    }

    public override Tensor Forward(Ops ops, Tensor x, Batch batch)
    {
        Tensor q = _q.Forward(ops, x, batch.Adapted); // [T, H*d]
        Tensor k = _k.Forward(ops, x, batch.Adapted); // [T, KvH*d]
        Tensor v = _v.Forward(ops, x, batch.Adapted); // [T, KvH*d]
        q = _qNorm?.ForwardHeads(ops, q) ?? q;
        k = _kNorm?.ForwardHeads(ops, k) ?? k;
        q = ops.Rope(q, _rope, batch.Positions, _headDim, 0);
        k = ops.Rope(k, _rope, batch.Positions, _headDim, 0);
        return _o.Forward(ops, ops.Attention(q, k, v, _shape, batch.Segments, _layer), batch.Adapted); // [T, D]
    }
}
