namespace Razum.Tensors;

/// <summary>What a model stores for every token: <see cref="KeyColumns"/> and <see cref="ValueColumns"/> values in each layer.</summary>
/// <param name="Layers">Number of attention layers.</param>
/// <param name="KeyColumns">Columns of the keys of all heads.</param>
/// <param name="ValueColumns">Columns of the values of all heads; 0 when they are the first columns of the keys.</param>
public readonly record struct CacheShape(int Layers, int KeyColumns, int ValueColumns)
{
    /// <summary>Bytes of a block of <see cref="BlockPool.BlockRows"/> tokens, all layers.</summary>
    public long BlockBytes => (long)Layers * BlockPool.BlockRows * RowColumns * sizeof(float);

    internal int RowColumns => KeyColumns + ValueColumns;

    /// <summary>Values of one layer in a block.</summary>
    internal long LayerFloats => (long)BlockPool.BlockRows * RowColumns;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Layers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(KeyColumns);
        ArgumentOutOfRangeException.ThrowIfNegative(ValueColumns);
    }
}
