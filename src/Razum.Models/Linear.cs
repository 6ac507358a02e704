using Razum.Models.Adapters;
using Razum.Tensors;

namespace Razum.Models;

/// <summary>y = x W^T + b: a weight with an optional bias and an optional adapter.</summary>
public sealed class Linear
{
    /// <param name="source">Where the parameters come from.</param>
    /// <param name="name">Published name of the module, without <c>.weight</c>.</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="outputs">Columns of y.</param>
    /// <param name="bias">Whether there is a <c>.bias</c>.</param>
    public Linear(ParameterSource source, string name, int inputs, int outputs, bool bias = false)
    {
        Weight = source.Get(name + ".weight", outputs, inputs);
        Bias = bias ? source.GetVector(name + ".bias", outputs) : null;
        Adapter = source.GetAdapter(name, inputs, outputs);
    }

    /// <summary>[outputs, inputs]</summary>
    public Weight Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public Weight? Bias { get; }

    /// <summary>What is added to the weight; null for nothing.</summary>
    public LoraPair? Adapter { get; }

    /// <summary>[T, inputs] to [T, outputs].</summary>
    public Tensor Forward(Ops ops, Tensor x)
    {
        Tensor y = ops.Linear(x, Weight, Bias);
        return Adapter is null ? y : Adapter.AddTo(ops, x, y);
    }

    /// <summary>One small matrix per head, taken from the rows of the weight (<see cref="Ops.HeadLinear"/>); for layers without a bias.</summary>
    public Tensor ForwardHeads(Ops ops, Tensor x, HeadRows slice, int heads, bool transposed)
    {
        Tensor y = ops.HeadLinear(x, Weight, slice, heads, transposed);
        return Adapter is null ? y : Adapter.AddToHeads(ops, x, y, slice, heads, transposed);
    }
}
