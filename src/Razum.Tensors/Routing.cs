namespace Razum.Tensors;

/// <summary>The experts chosen for every row.</summary>
public readonly unsafe struct Routing
{
    internal Routing(int* ids, Tensor weights, int experts)
    {
        Ids = ids;
        Weights = weights;
        Experts = experts;
    }

    /// <summary>[T, K] final multipliers of the expert outputs, in the order of the ids.</summary>
    public Tensor Weights { get; }

    /// <summary>E.</summary>
    public int Experts { get; }

    public int Rows => Weights.Rows;

    public int TopK => Weights.Columns;

    internal int* Ids { get; }

    /// <summary>The K experts of a row, ascending.</summary>
    public ReadOnlySpan<int> this[int row] => (uint)row < (uint)Rows
        ? new ReadOnlySpan<int>(Ids + ((long)row * TopK), TopK)
        : throw new ArgumentOutOfRangeException(nameof(row));
}
