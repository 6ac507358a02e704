namespace Razum.Tensors;

/// <summary>The matrices of all experts of a layer, one per expert as published: gate and up [mi, D], down [D, mi].</summary>
public sealed record ExpertWeights(Weight[] Gate, Weight[] Up, Weight[] Down)
{
    /// <summary>Number of experts.</summary>
    public int Count => Gate.Length;

    /// <summary>Whether any matrix has a block format.</summary>
    internal bool HasBlocks
    {
        get
        {
            for (int e = 0; e < Count; e++)
            {
                if (Gate[e].Blocks is not null || Up[e].Blocks is not null || Down[e].Blocks is not null)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
