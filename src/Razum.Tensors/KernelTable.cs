using System.Runtime.Intrinsics;
using Razum.Tensors.Jit;
using Razum.Tensors.Kernels;
using Razum.Tensors.Kernels.BFloat16;
using Razum.Tensors.Kernels.MatMul;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>
/// The kernels of one instruction set and arithmetic: one virtual call per operation leads into code compiled for that set.
/// Kernels without vector code (router, copies, gates) are called directly.
/// </summary>
internal abstract unsafe class KernelTable(WorkerPool pool)
{
    public WorkerPool Pool { get; } = pool;

    /// <summary>The last x that was rounded to bytes.</summary>
    public QuantisedRows Activations { get; } = new();

    public static KernelTable Create(InstructionSet set, WorkerPool pool, Arithmetic arithmetic = Arithmetic.F32) => set switch
    {
        InstructionSet.Jit when arithmetic == Arithmetic.BF16 && PairTile.IsSupported =>
            new BFloat16KernelTable<Avx512Jit, Vector512<float>, MachinePairs>(pool),
        InstructionSet.Jit => Create<Avx512Jit, Vector512<float>>(arithmetic, pool),
        InstructionSet.Avx512 => Create<Avx512, Vector512<float>>(arithmetic, pool),
        InstructionSet.Avx2 => Create<Avx2, Vector256<float>>(arithmetic, pool),
        InstructionSet.Neon => Create<Neon, Vector128<float>>(arithmetic, pool),
        _ => Create<Scalar, float>(arithmetic, pool),
    };

    public abstract void Embedding(Weight table, int* ids, Tensor y);

    public abstract void EmbeddingBackward(Tensor dy, int* ids, Tensor dtable);

    public abstract void RmsNorm(Tensor x, float* gain, float eps, Tensor y);

    public abstract void RmsNormBackward(Arena arena, Tensor dy, Tensor x, float* gain, float eps, Tensor dx, float* dgain);

    public abstract void LayerNorm(Tensor x, float* gain, float* bias, float eps, Tensor y);

    public abstract void LayerNormBackward(Arena arena, Tensor dy, Tensor x, float* gain, float eps, Tensor dx, float* dgain, float* dbias);

    public abstract void Linear(Tensor x, Weight w, Weight? bias, Tensor y);

    public abstract void LinearBackwardInput(Tensor dy, Weight w, Tensor dx, bool accumulate);

    public abstract void LinearBackwardWeight(Tensor dy, Tensor x, Tensor dw);

    /// <summary>Both gradients of a product: those whose tensor is empty are left out.</summary>
    public virtual void LinearBackward(Tensor dy, Tensor x, Weight w, Tensor dx, bool accumulate, Tensor dw)
    {
        if (!dw.IsEmpty)
        {
            LinearBackwardWeight(dy, x, dw);
        }

        if (!dx.IsEmpty)
        {
            LinearBackwardInput(dy, w, dx, accumulate);
        }
    }

    public abstract void LinearBackwardBias(Tensor dy, Tensor db);

    public abstract void HeadLinear(Tensor x, Weight w, HeadRows slice, int heads, bool transposed, Tensor y);

    public abstract void HeadLinearBackwardInput(Tensor dy, Weight w, HeadRows slice, int heads, bool transposed, Tensor dx, bool accumulate);

    public abstract void HeadLinearBackwardWeight(Tensor dy, Tensor x, HeadRows slice, int heads, bool transposed, Tensor dw);

    public abstract void Rope(Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset);

    public abstract void RopeBackward(Tensor dx, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset);

    public abstract void Attention(Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<Segment> segments, int layer, Tensor y, Tensor logSumExp);

    public abstract void AttentionBackward(
        Arena arena, Tensor dy, Tensor q, Tensor k, Tensor v, Tensor y, Tensor logSumExp, AttentionShape shape, ReadOnlySpan<Segment> segments, Tensor dq, Tensor dk, Tensor dv);

    public abstract void SparseAttention(
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
        Tensor logSumExp);

    public abstract void SparseAttentionBackward(
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
        Tensor drows);

    public abstract void SwiGlu(Tensor gate, Tensor up, Tensor y);

    public abstract void SwiGluBackward(Tensor dy, Tensor gate, Tensor up, Tensor dgate, Tensor dup);

    public abstract void Experts(Arena arena, Tensor x, Routing routing, ExpertWeights experts, Tensor y, out ExpertActivations saved);

    public abstract void ExpertsBackward(
        Arena arena, Tensor dy, Tensor x, Routing routing, ExpertWeights experts, ExpertActivations saved, Tensor dx, Tensor dweights);

    public abstract void LogProbabilities(Arena arena, Tensor hidden, Weight head, TargetRows rows, float temperature, Tensor y);

    public abstract void LogProbabilitiesBackward(
        Arena arena, Tensor hidden, Weight head, TargetRows rows, float temperature, Tensor dy, Tensor dhidden, Tensor dhead);

    public abstract float LogSumExp(float* logits, int count, float factor);

    public abstract void Add(Tensor a, Tensor b, Tensor y);

    /// <summary>y = orthogonal part of m, on the calling thread alone.</summary>
    public abstract void NewtonSchulz(Tensor m, Tensor y);

    /// <summary>y += factor * a.</summary>
    public abstract void AddScaled(Tensor a, float factor, Tensor y);

    private static KernelTable Create<S, V>(Arithmetic arithmetic, WorkerPool pool)
        where S : struct, ISimd<V>
        where V : struct => arithmetic switch
        {
            Arithmetic.BF16 => new BFloat16KernelTable<S, V, PortablePairs>(pool),
            Arithmetic.FP8 => new Float8KernelTable<S, V>(pool),
            _ => new KernelTable<S, V>(pool),
        };
}
