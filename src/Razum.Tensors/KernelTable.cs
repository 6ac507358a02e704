using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>
/// The kernels of one instruction set: one virtual call per operation leads into code compiled for that set.
/// Kernels without vector code (router, copies, gates) are called directly.
/// </summary>
internal abstract unsafe class KernelTable(WorkerPool pool)
{
    public WorkerPool Pool { get; } = pool;

    public static KernelTable Create(InstructionSet set, WorkerPool pool) => set switch
    {
        InstructionSet.Avx512 or InstructionSet.Jit => new KernelTable<Avx512, System.Runtime.Intrinsics.Vector512<float>>(pool),
        InstructionSet.Avx2 => new KernelTable<Avx2, System.Runtime.Intrinsics.Vector256<float>>(pool),
        InstructionSet.Neon => new KernelTable<Neon, System.Runtime.Intrinsics.Vector128<float>>(pool),
        _ => new KernelTable<Scalar, float>(pool),
    };

    public abstract void Embedding(Weight table, int* ids, Tensor y);

    public abstract void EmbeddingBackward(Tensor dy, int* ids, Tensor dtable);

    public abstract void RmsNorm(Tensor x, float* gain, float eps, Tensor y);

    public abstract void RmsNormBackward(Arena arena, Tensor dy, Tensor x, float* gain, float eps, Tensor dx, float* dgain);

    public abstract void Linear(Tensor x, Weight w, Weight? bias, Tensor y);

    public abstract void LinearBackwardInput(Tensor dy, Weight w, Tensor dx, bool accumulate);

    public abstract void LinearBackwardWeight(Tensor dy, Tensor x, Tensor dw);

    public abstract void LinearBackwardBias(Tensor dy, Tensor db);

    public abstract void HeadLinear(Tensor x, Weight w, HeadRows slice, int heads, bool transposed, Tensor y);

    public abstract void HeadLinearBackwardInput(Tensor dy, Weight w, HeadRows slice, int heads, bool transposed, Tensor dx, bool accumulate);

    public abstract void HeadLinearBackwardWeight(Tensor dy, Tensor x, HeadRows slice, int heads, bool transposed, Tensor dw);

    public abstract void Rope(Tensor x, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset);

    public abstract void RopeBackward(Tensor dx, RopeTable table, ReadOnlySpan<int> positions, int headDim, int offset);

    public abstract void Attention(Tensor q, Tensor k, Tensor v, AttentionShape shape, ReadOnlySpan<Segment> segments, int layer, Tensor y, Tensor logSumExp);

    public abstract void AttentionBackward(
        Arena arena, Tensor dy, Tensor q, Tensor k, Tensor v, Tensor y, Tensor logSumExp, AttentionShape shape, ReadOnlySpan<Segment> segments, Tensor dq, Tensor dk, Tensor dv);

    public abstract void SwiGlu(Tensor gate, Tensor up, Tensor y);

    public abstract void SwiGluBackward(Tensor dy, Tensor gate, Tensor up, Tensor dgate, Tensor dup);

    public abstract void Experts(Arena arena, Tensor x, Routing routing, ExpertWeights experts, Tensor y, out ExpertActivations saved);

    public abstract void ExpertsBackward(
        Arena arena, Tensor dy, Tensor x, Routing routing, ExpertWeights experts, ExpertActivations saved, Tensor dx, Tensor dweights);

    public abstract void LogProbabilities(Arena arena, Tensor hidden, Weight head, int* rows, int* targets, int count, float* y);

    public abstract void LogProbabilitiesBackward(
        Arena arena, Tensor hidden, Weight head, int* rows, int* targets, int count, float* dy, Tensor dhidden, Tensor dhead);

    public abstract float LogSumExp(float* logits, int count);

    public abstract void Add(Tensor a, Tensor b, Tensor y);

    /// <summary>y += factor * a.</summary>
    public abstract void AddScaled(Tensor a, float factor, Tensor y);
}
