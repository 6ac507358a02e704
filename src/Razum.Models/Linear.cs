using Razum.Tensors;

namespace Razum.Models;

/// <summary>y = x W^T + b: a weight with an optional bias.</summary>
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
    }

    /// <summary>[outputs, inputs]</summary>
    public Weight Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public Weight? Bias { get; }

    /// <summary>[T, inputs] to [T, outputs].</summary>
    public Tensor Forward(Ops ops, Tensor x) => ops.Linear(x, Weight, Bias);
}
