namespace Razum.Training.Data;

/// <summary>The order in which the rows of files are learned: another in every pass. Held out is a random share of them, the same in every pass.</summary>
internal sealed class RowOrder
{
    private readonly int _rows;
    private readonly ulong _seed;

    /// <param name="rows">Number of rows.</param>
    /// <param name="heldOut">Share that is held out, at least one row if it is not 0.</param>
    /// <param name="seed">Fixes the order.</param>
    public RowOrder(int rows, double heldOut, int seed)
    {
        (_rows, _seed) = (rows, (ulong)seed);
        HeldOut = heldOut > 0 ? Math.Max(1, (int)(heldOut * rows)) : 0;
    }

    /// <summary>Rows held out.</summary>
    public int HeldOut { get; }

    /// <summary>Rows to learn; below 1 where there are too few.</summary>
    public int Trained => _rows - HeldOut;

    /// <summary>The row that comes as number <paramref name="index"/> of a part.</summary>
    public int RowOf(Split split, long index)
    {
        long place = split == Split.Evaluation
            ? index % HeldOut
            : HeldOut + Shuffle.Permute(index % Trained, Trained, Shuffle.Hash(_seed, 1 + (ulong)(index / Trained)));
        return (int)Shuffle.Permute(place, _rows, Shuffle.Hash(_seed, 0));
    }
}
