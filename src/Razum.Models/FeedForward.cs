using Razum.Tensors;

namespace Razum.Models;

/// <summary>The part of a layer that works on each token alone: dense or a mixture of experts.</summary>
public abstract class FeedForward
{
    /// <summary>x [T, D] (already normalised) to [T, D].</summary>
    public abstract Tensor Forward(Ops ops, Tensor x, Batch batch);
}
