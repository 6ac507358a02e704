using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>The kernels compiled for one instruction set, products in F32.</summary>
internal unsafe class KernelTable<S, V>(WorkerPool pool) : KernelTable(pool)
    where S : struct, ISimd<V>
    where V : struct
{
    public override void Embedding(Weight table, int* ids, Tensor y) => Kernels.Embedding.Forward<S, V>(Pool, table, ids, y);

    public override void EmbeddingBackward(Tensor dy, int* ids, Tensor dtable) => Kernels.Embedding.Backward<S, V>(Pool, dy, ids, dtable);

    public override void RmsNorm(Tensor x, float* gain, float eps, Tensor y) => Kernels.RmsNorm.Forward<S, V>(Pool, x, gain, eps, y);

    public override void RmsNormBackward(Arena arena, Tensor dy, Tensor x, float* gain, float eps, Tensor dx, float* dgain) =>
        Kernels.RmsNorm.Backward<S, V>(Pool, arena, dy, x, gain, eps, dx, dgain);

    public override void LayerNorm(Tensor x, float* gain, float* bias, float eps, Tensor y) =>
        Kernels.LayerNorm.Forward<S, V>(Pool, x, gain, bias, eps, y);

    public override void LayerNormBackward(Arena arena, Tensor dy, Tensor x, float* gain, float eps, Tensor dx, float* dgain, float* dbias) =>
        Kernels.LayerNorm.Backward<S, V>(Pool, arena, dy, x, gain, eps, dx, dgain, dbias);

    public override void Linear(Tensor x, Weight w, Weight? bias, Tensor y) =>
        Kernels.Linear.Forward<S, V>(Pool, x, w, bias, y, Activations);

    public override void LinearBackwardInput(Tensor dy, Weight w, Tensor dx, bool accumulate) =>
        Kernels.Linear.BackwardInput<S, V>(Pool, dy, w, dx, accumulate);

    public override void LinearBackwardWeight(Tensor dy, Tensor x, Tensor dw) => Kernels.Linear.BackwardWeight<S, V>(Pool, dy, x, dw);

    public override void LinearBackwardBias(Tensor dy, Tensor db) => Kernels.Linear.BackwardBias<S, V>(Pool, dy, db);

    public override void HeadLinear(Tensor x, Weight w, HeadRows slice, int heads, bool transposed, Tensor y) =>
        Kernels.HeadLinear.Forward<S, V>(Pool, x, w, slice, heads, transposed, y);

    public override void HeadLinearBackwardInput(Tensor dy, Weight w, HeadRows slice, int heads, bool transposed, Tensor dx, bool accumulate) =>
        Kernels.HeadLinear.BackwardInput<S, V>(Pool, dy, w, slice, heads, transposed, dx, accumulate);

    public override void HeadLinearBackwardWeight(Tensor dy, Tensor x, HeadRows slice, int heads, bool transposed, Tensor dw) =>
        Kernels.HeadLinear.BackwardWeight<S, V>(Pool, dy, x, slice, heads, transposed, dw);

    public override void Rope(Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset) =>
        Kernels.Rope.Forward<S, V>(Pool, x, table, positions, headDim, offset);

    public override void RopeBackward(Tensor dx, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset) =>
        Kernels.Rope.Backward<S, V>(Pool, dx, table, positions, headDim, offset);

    public override void Attention(
        Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<Segment> segments, int layer, Tensor y, Tensor logSumExp) =>
        Kernels.Attention.Forward<S, V>(Pool, q, k, v, shape, segments, layer, y, logSumExp);

    public override void AttentionBackward(
        Arena arena, Tensor dy, Tensor q, Tensor k, Tensor v, Tensor y, Tensor logSumExp, AttentionShape shape, ReadOnlySpan<Segment> segments, Tensor dq, Tensor dk, Tensor dv) =>
        Kernels.Attention.Backward<S, V>(Pool, arena, dy, q, k, v, y, logSumExp, shape, segments, dq, dk, dv);

    public override void SparseAttention(
        Arena arena,
        Tensor q,
        Tensor rows,
        Tensor indexQueries,
        Tensor indexWeights,
        AttentionShape shape,
        IndexShape index,
        ReadOnlySpan<Segment> segments,
        int layer,
        SelectedKeys selected,
        Tensor y,
        Tensor logSumExp) =>
        Kernels.SparseAttention.Forward<S, V>(Pool, arena, q, rows, indexQueries, indexWeights, shape, index, segments, layer, selected, y, logSumExp);

    public override void SparseAttentionBackward(
        Arena arena,
        Tensor dy,
        Tensor q,
        Tensor rows,
        AttentionShape shape,
        ReadOnlySpan<Segment> segments,
        SelectedKeys selected,
        Tensor y,
        Tensor logSumExp,
        Tensor dq,
        Tensor drows) =>
        Kernels.SparseAttention.Backward<S, V>(Pool, arena, dy, q, rows, shape, segments, selected, y, logSumExp, dq, drows);

    public override void SwiGlu(Tensor gate, Tensor up, Tensor y) => Kernels.SwiGlu.Forward<S, V>(Pool, gate, up, y);

    public override void SwiGluBackward(Tensor dy, Tensor gate, Tensor up, Tensor dgate, Tensor dup) =>
        Kernels.SwiGlu.Backward<S, V>(Pool, dy, gate, up, dgate, dup);

    public override void Experts(Arena arena, Tensor x, Routing routing, ExpertWeights experts, Tensor y, out ExpertActivations saved) =>
        Kernels.Experts.Forward<S, V>(Pool, arena, x, routing, experts, y, out saved);

    public override void ExpertsBackward(
        Arena arena, Tensor dy, Tensor x, Routing routing, ExpertWeights experts, ExpertActivations saved, Tensor dx, Tensor dweights) =>
        Kernels.Experts.Backward<S, V>(Pool, arena, dy, x, routing, experts, saved, dx, dweights);

    public override void LogProbabilities(Arena arena, Tensor hidden, Weight head, TargetRows rows, float temperature, Tensor y) =>
        Kernels.LogProbabilities.Forward<S, V>(this, arena, hidden, head, rows, temperature, y);

    public override void LogProbabilitiesBackward(
        Arena arena, Tensor hidden, Weight head, TargetRows rows, float temperature, Tensor dy, Tensor dhidden, Tensor dhead) =>
        Kernels.LogProbabilities.Backward<S, V>(this, arena, hidden, head, rows, temperature, dy, dhidden, dhead);

    public override float LogSumExp(float* logits, int count, float factor) => Kernels.LogProbabilities.LogSumExp<S, V>(logits, count, factor);

    public override void NewtonSchulz(Tensor m, Tensor y) => Kernels.NewtonSchulz.Orthogonalise<S, V>(m, y);

    public override void Add(Tensor a, Tensor b, Tensor y) => Elementwise.Forward<S, V>(Pool, a, b, y);

    public override void AddScaled(Tensor a, float factor, Tensor y) => Elementwise.Backward<S, V>(Pool, a, factor, y);
}
