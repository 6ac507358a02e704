using Razum.Tensors;

namespace Razum.Models;

/// <summary>The attention of one layer.</summary>
public abstract class SelfAttention
{
    /// <summary>x [T, D] (already normalised) to [T, D].</summary>
    public abstract Tensor Forward(Ops ops, Tensor x, Batch batch);
}
