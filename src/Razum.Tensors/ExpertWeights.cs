namespace Razum.Tensors;

/// <summary>The matrices of all experts of a layer, one per expert as published: gate and up [mi, D], down [D, mi].</summary>
public sealed record ExpertWeights(Weight[] Gate, Weight[] Up, Weight[] Down)
{
    /// <summary>Number of experts.</summary>
    public int Count => Gate.Length;
}
