using Razum.Tensors;

namespace Razum.Models;

/// <summary>RMS norm with a gain.</summary>
public sealed class Norm(ParameterSource source, string name, int size, float eps)
{
    private readonly Weight _gain = source.GetVector(name + ".weight", size);

    /// <summary>Every row of <paramref name="x"/> normalised. Same shape.</summary>
    public Tensor Forward(Ops ops, Tensor x) => ops.RmsNorm(x, _gain, eps);

    /// <summary>Every head of every row normalised by itself: x [T, H*d] with d the size of the gain.</summary>
    public Tensor ForwardHeads(Ops ops, Tensor x)
    {
        int heads = x.Columns / _gain.Columns;
        return ops.RmsNorm(x.Reshape(x.Rows * heads, _gain.Columns), _gain, eps).Reshape(x.Rows, x.Columns);
    }
}
