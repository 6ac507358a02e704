namespace Razum.Tensors;

/// <summary>The experts of every row, and those that the router chose: the same, unless others were given.</summary>
public readonly unsafe struct Routing
{
    internal Routing(int* ids, Tensor weights, int experts)
        : this(ids, ids, weights, experts)
    {
    }

    internal Routing(int* ids, int* chosen, Tensor weights, int experts)
    {
        Ids = ids;
        ChosenIds = chosen;
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

    internal int* ChosenIds { get; }

    /// <summary>The K experts that a row goes to, ascending.</summary>
    public ReadOnlySpan<int> this[int row] => Row(Ids, row);

    /// <summary>The K experts that the router itself chose for a row, ascending.</summary>
    public ReadOnlySpan<int> Chosen(int row) => Row(ChosenIds, row);

    private ReadOnlySpan<int> Row(int* ids, int row) => (uint)row < (uint)Rows
        ? new ReadOnlySpan<int>(ids + ((long)row * TopK), TopK)
        : throw new ArgumentOutOfRangeException(nameof(row));
}
