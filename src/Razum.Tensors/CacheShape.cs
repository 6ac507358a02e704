namespace Razum.Tensors;

/// <summary>What a model stores for every token: <see cref="KeyColumns"/> and <see cref="ValueColumns"/> values in each layer.</summary>
/// <param name="Layers">Number of attention layers.</param>
/// <param name="KeyColumns">Columns of the keys of all heads.</param>
/// <param name="ValueColumns">Columns of the values of all heads; 0 when they are the first columns of the keys.</param>
public readonly record struct CacheShape(int Layers, int KeyColumns, int ValueColumns)
{
    /// <summary>
    /// Whole numbers stored with a token besides, once for all layers: an engine that records routing keeps the experts a token went to where its keys are, so
    /// that whoever shares the keys has them too.
    /// </summary>
    public int Integers { get; init; }

    /// <summary>Bytes of a block of <see cref="BlockPool.BlockRows"/> tokens, all layers.</summary>
    public long BlockBytes => BlockPool.BlockRows * (((long)Layers * RowColumns * sizeof(float)) + ((long)Integers * sizeof(int)));

    internal int RowColumns => KeyColumns + ValueColumns;

    /// <summary>Values of one layer in a block.</summary>
    internal long LayerFloats => (long)BlockPool.BlockRows * RowColumns;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Layers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(KeyColumns);
        ArgumentOutOfRangeException.ThrowIfNegative(ValueColumns);
        ArgumentOutOfRangeException.ThrowIfNegative(Integers);
    }
}
