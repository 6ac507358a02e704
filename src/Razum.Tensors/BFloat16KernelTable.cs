using Razum.Tensors.Kernels;
using Razum.Tensors.Kernels.BFloat16;
using Razum.Tensors.Simd;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>The kernels compiled for one instruction set, products with operands rounded to BF16 by machine code or by portable code.</summary>
internal sealed unsafe class BFloat16KernelTable<S, V, P>(WorkerPool pool) : KernelTable<S, V>(pool)
    where S : struct, ISimd<V>
    where V : struct
    where P : struct, IPairKernels
{
    private readonly PairScratch _scratch = new();

    public override void Linear(Tensor x, Weight w, Weight? bias, Tensor y)
    {
        if (!Rounds(w))
        {
            base.Linear(x, w, bias, y);
            return;
        }

        Kernels.Linear.Check(x, w, bias, y);
        PairLinear.ByOutputs<S, V, P>(Pool, _scratch, x, w, new HeadRows(w.Rows, 0, w.Rows), 1, bias, y, accumulate: false);
    }

    public override void LinearBackwardInput(Tensor dy, Weight w, Tensor dx, bool accumulate)
    {
        if (!Rounds(w))
        {
            base.LinearBackwardInput(dy, w, dx, accumulate);
            return;
        }

        LinearBackward(dy, default, w, dx, accumulate, default);
    }

    public override void LinearBackwardWeight(Tensor dy, Tensor x, Tensor dw)
    {
        Kernels.Linear.Check(dy, x, dw);
        PairLinear.BackwardWeight<P>(Pool, _scratch, dy, x, new HeadRows(dw.Rows, 0, dw.Rows), 1, dw);
    }

    public override void LinearBackward(Tensor dy, Tensor x, Weight w, Tensor dx, bool accumulate, Tensor dw)
    {
        if (!Rounds(w))
        {
            base.LinearBackward(dy, x, w, dx, accumulate, dw);
            return;
        }

        if (!dx.IsEmpty)
        {
            Kernels.Linear.Check(dx, w, null, dy);
        }

        if (!dw.IsEmpty)
        {
            Kernels.Linear.Check(dy, x, dw);
        }

        PairLinear.Backward<S, V, P>(Pool, _scratch, dy, x, w, dx, accumulate, dw);
    }

    public override void HeadLinear(Tensor x, Weight w, HeadRows slice, int heads, bool transposed, Tensor y)
    {
        if (!Rounds(w))
        {
            base.HeadLinear(x, w, slice, heads, transposed, y);
            return;
        }

        Multiply(x, w, slice, heads, transposed, y, false);
    }

    public override void HeadLinearBackwardInput(Tensor dy, Weight w, HeadRows slice, int heads, bool transposed, Tensor dx, bool accumulate)
    {
        if (!Rounds(w))
        {
            base.HeadLinearBackwardInput(dy, w, slice, heads, transposed, dx, accumulate);
            return;
        }

        Multiply(dy, w, slice, heads, !transposed, dx, accumulate);
    }

    public override void HeadLinearBackwardWeight(Tensor dy, Tensor x, HeadRows slice, int heads, bool transposed, Tensor dw)
    {
        (Tensor left, Tensor right) = transposed ? (x, dy) : (dy, x);
        Kernels.HeadLinear.Check(left, slice, heads, dw.Rows, dw.Columns, right);
        PairLinear.BackwardWeight<P>(Pool, _scratch, left, right, slice, heads, dw);
    }

    public override void Experts(Arena arena, Tensor x, Routing routing, ExpertWeights experts, Tensor y, out ExpertActivations saved)
    {
        if (!Rounds(experts))
        {
            base.Experts(arena, x, routing, experts, y, out saved);
            return;
        }

        Kernels.Experts.ForwardPairs<S, V, P>(Pool, _scratch, arena, x, routing, experts, y, out saved);
    }

    public override void ExpertsBackward(
        Arena arena, Tensor dy, Tensor x, Routing routing, ExpertWeights experts, ExpertActivations saved, Tensor dx, Tensor dweights)
    {
        if (!Rounds(experts))
        {
            base.ExpertsBackward(arena, dy, x, routing, experts, saved, dx, dweights);
            return;
        }

        Kernels.Experts.BackwardPairs<S, V, P>(Pool, _scratch, arena, dy, x, routing, experts, saved, dx, dweights);
    }

    /// <summary>Weights in other formats than F32 and BF16 have products of their own.</summary>
    private static bool Rounds(Weight w) => w.Format is WeightFormat.F32 or WeightFormat.BF16;

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

    private void Multiply(Tensor x, Weight w, HeadRows slice, int heads, bool byInputs, Tensor y, bool accumulate)
    {
        Kernels.HeadLinear.Check(byInputs ? x : y, slice, heads, w.Rows, w.Columns, byInputs ? y : x);
        if (byInputs)
        {
            PairLinear.ByInputs<S, V, P>(Pool, _scratch, x, w, slice, heads, y, accumulate);
        }
        else
        {
            PairLinear.ByOutputs<S, V, P>(Pool, _scratch, x, w, slice, heads, null, y, accumulate);
        }
    }
}
