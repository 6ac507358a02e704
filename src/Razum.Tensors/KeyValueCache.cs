namespace Razum.Tensors;

/// <summary>
/// Keys and values of one sequence in every layer, in blocks of a <see cref="BlockPool"/>. A row of a layer is [keys | values]; in absorbed latent
/// attention the values are the first columns of the keys and take no room of their own. Attention appends the rows of a step to each layer;
/// <see cref="Advance"/> then makes them part of the sequence, and <see cref="Truncate"/> takes rows back. For one thread at a time.
/// </summary>
public sealed unsafe class KeyValueCache : IDisposable
{
    private readonly BlockPool? _own;

    /// <param name="pool">Where the blocks come from.</param>
    /// <param name="limit">Rows that the cache may never exceed.</param>
    public KeyValueCache(BlockPool pool, int limit) => Table = new BlockTable(pool, limit);

    private KeyValueCache(BlockPool pool, int limit, BlockPool own)
        : this(pool, limit) => _own = own;

    private KeyValueCache(BlockTable table, int first) => (Table, First, Length) = (table, first, first);

    /// <summary>The blocks it lies in.</summary>
    public BlockTable Table { get; }

    /// <summary>Rows before this one do not exist: attention never sees them, and the token in it is at position 0.</summary>
    public int First { get; }

    /// <summary>Rows stored in every layer, those before <see cref="First"/> included.</summary>
    public int Length { get; private set; }

    /// <summary>Rows that the cache may never exceed.</summary>
    public int Limit => Table.Limit;

    private CacheShape Shape => Table.Pool.Shape;

    /// <summary>A cache with a pool of its own that has room for <paramref name="limit"/> rows.</summary>
    public static KeyValueCache Alone(CacheShape shape, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        var pool = new BlockPool(shape, BlockTable.BlocksFor(limit));
        return new KeyValueCache(pool, limit, pool);
    }

    /// <summary>
    /// Another view of the same blocks, for layers that see a token together with the state before it (multi-token prediction): the first token has none, so
    /// rows begin with the second. A row then depends, like those of the other layers, on its own token and earlier ones only, and can be shared with them.
    /// </summary>
    public KeyValueCache CreateAhead() => new(Table, 1);

    /// <summary>Makes the next <paramref name="count"/> rows, which attention has appended in every layer or a shared block holds already, part of the sequence.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > Table.Rows - Length)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"Only {Table.Rows - Length} rows can have been appended.");
        }

        Length += count;
    }

    /// <summary>Forgets all rows from <paramref name="length"/> on. Room is kept.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, First);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>
    /// The integers stored with a row, also with one that attention has appended but that is not yet part of the sequence. To be written before others share
    /// the row's block.
    /// </summary>
    public Span<int> Integers(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Table.Rows, nameof(row));
        return Table.Pool.Integers(Table[row / BlockPool.BlockRows], row % BlockPool.BlockRows);
    }

    public void Dispose()
    {
        Table.Dispose();
        _own?.Dispose();
        Length = First;
    }

    /// <summary>
    /// Writes new rows of a layer after the stored ones; they count only after <see cref="Advance"/>. Writing again before that replaces them.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="keys">New keys. [rows, keyColumns]</param>
    /// <param name="values">New values [rows, valueColumns]; a view of the first columns of <paramref name="keys"/> where the cache has no values.</param>
    internal void Append(int layer, Tensor keys, Tensor values)
    {
        (int layers, int keyColumns, int valueColumns) = Shape;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)layer, (uint)layers, nameof(layer));
        bool fits = valueColumns == 0 ? values.Data == keys.Data && values.Stride == keys.Stride && values.Columns <= keyColumns : values.Columns == valueColumns;
        if (keys.Columns != keyColumns || !fits || keys.Rows != values.Rows)
        {
            throw new ArgumentException(
                $"Keys [{keys.Rows}, {keys.Columns}] and values [{values.Rows}, {values.Columns}] do not fit a cache with {keyColumns} and {valueColumns} columns.");
        }

        MakeRoom(keys.Rows);
        KeyRun run = Run(layer, Length + keys.Rows);
        if (Length == First)
        {
            new Span<float>(run.Keys(0), First * Shape.RowColumns).Clear(); // never seen, but a tile reads it
        }

        for (int r = 0; r < keys.Rows; r++)
        {
            new ReadOnlySpan<float>(keys.Row(r), keyColumns).CopyTo(new Span<float>(run.Keys(Length + r), keyColumns));
            new ReadOnlySpan<float>(values.Row(r), valueColumns).CopyTo(new Span<float>(run.Values(Length + r), valueColumns));
        }
    }

    /// <summary>The first <paramref name="count"/> rows of a layer, appended ones included. Valid until blocks change.</summary>
    internal KeyRun Run(int layer, int count)
    {
        long offset = layer * Shape.LayerFloats;
        return new KeyRun(Table.Addresses, offset, offset + (Shape.ValueColumns == 0 ? 0 : Shape.KeyColumns), Shape.RowColumns, First, count);
    }

    /// <summary>Room for more rows, in blocks that nobody else holds. An engine has mostly seen to both before.</summary>
    private void MakeRoom(int rows)
    {
        int block = Length / BlockPool.BlockRows, begun = Length % BlockPool.BlockRows;
        bool isOwn = begun == 0 || Table.Count <= block || Table.Pool.Holders(Table[block]) == 1;
        if (isOwn && Length + rows <= Table.Rows)
        {
            return;
        }

        // Several threads may be at it, each with a cache of its own. Only the holder of a block gives it to others: once it is ours alone it stays so.
        lock (Table.Pool)
        {
            if (!Table.TryReserve((long)Length + rows))
            {
                throw new InvalidOperationException($"The cache has no room for {Length + rows} tokens.");
            }

            if (begun != 0)
            {
                Table.Own(block, begun);
            }
        }
    }
}
