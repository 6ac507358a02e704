using Razum.Tensors.Formats;
using Razum.Tensors.Kernels;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>
/// The kernels compiled for one instruction set, where weights in E4M3 multiply activations rounded to E4M3 (<see cref="Float8Rows"/>), sums in F32. Products
/// with one small matrix per head, which absorb a weight into queries, take activations as they are, as DeepSeek's own do.
/// </summary>
internal sealed unsafe class Float8KernelTable<S, V>(WorkerPool pool) : KernelTable<S, V>(pool)
    where S : struct, ISimd<V>
    where V : struct
{
    private readonly Float8Rows _rows = new();

    public override void Linear(Tensor x, Weight w, Weight? bias, Tensor y) =>
        base.Linear(Rounds(w) ? _rows.Round(Pool, x, w.PowerOfTwoScales) : x, w, bias, y);

    public override void Experts(Arena arena, Tensor x, Routing routing, ExpertWeights experts, Tensor y, out ExpertActivations saved)
    {
        if (!Rounds(experts))
        {
            base.Experts(arena, x, routing, experts, y, out saved);
            return;
        }

        bool powerOfTwo = experts.Gate[0].PowerOfTwoScales;
        Kernels.Experts.Forward<S, V>(Pool, arena, _rows.Round(Pool, x, powerOfTwo), routing, experts, y, out saved, roundsHidden: true);
    }

    private static bool Rounds(Weight w) => w.Format == WeightFormat.F8_E4M3 && !w.KeepsActivations;

    private static bool Rounds(ExpertWeights experts)
    {
        for (int e = 0; e < experts.Count; e++)
        {
            if (!Rounds(experts.Gate[e]) || !Rounds(experts.Up[e]) || !Rounds(experts.Down[e]))
            {
                return false;
            }
        }

        return true;
    }
}
