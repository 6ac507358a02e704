using Razum.Models.Adapters;
using Razum.Tensors;

namespace Razum.Models;

/// <summary>y = x W^T + b: a weight with an optional bias, and what adapters add for their rows.</summary>
public sealed class Linear
{
    private readonly LoraPair?[] _adapters;

    /// <param name="source">Where the parameters come from.</param>
    /// <param name="name">Published name of the module, without <c>.weight</c>.</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="outputs">Columns of y.</param>
    /// <param name="bias">Whether there is a <c>.bias</c>.</param>
    public Linear(ParameterSource source, string name, int inputs, int outputs, bool bias = false)
    {
        Weight = source.Get(name + ".weight", outputs, inputs);
        Bias = bias ? source.GetVector(name + ".bias", outputs) : null;
        _adapters = [.. source.GetAdapters(name, inputs, outputs)];
    }

    /// <summary>[outputs, inputs]</summary>
    public Weight Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public Weight? Bias { get; }

    /// <summary>[T, inputs] to [T, outputs]: one product of the weight for all rows, then for each adapter its own.</summary>
    public Tensor Forward(Ops ops, Tensor x, AdaptedRows rows)
    {
        Tensor y = ops.Linear(x, Weight, Bias);
        for (int i = 0; i < _adapters.Length; i++)
        {
            y = _adapters[i]?.AddTo(ops, x, y, rows[i]) ?? y;
        }

        return y;
    }

    /// <summary>One small matrix per head, taken from the rows of the weight (<see cref="Ops.HeadLinear"/>); for layers without a bias.</summary>
    public Tensor ForwardHeads(Ops ops, Tensor x, HeadRows slice, int heads, bool transposed, AdaptedRows rows)
    {
        Tensor y = ops.HeadLinear(x, Weight, slice, heads, transposed);
        for (int i = 0; i < _adapters.Length; i++)
        {
            y = _adapters[i]?.AddToHeads(ops, x, y, slice, heads, transposed, rows[i]) ?? y;
        }

        return y;
    }
}
