using System.Runtime.InteropServices;

namespace Razum.Tensors;

/// <summary>
/// Keys and values of one sequence in every layer. A row of a layer is [keys | values]; in absorbed latent attention the values are the first
/// columns of the keys and take no room of their own. Attention appends the rows of a step to each layer; <see cref="Advance"/> then makes them
/// part of the sequence, and <see cref="Truncate"/> takes rows back. For one thread at a time.
/// </summary>
public sealed unsafe class KeyValueCache : IDisposable
{
    private const int SmallestCapacity = 64;

    private readonly float*[] _layers;
    private readonly int _keyColumns;
    private readonly int _valueColumns;
    private bool _disposed;

    /// <param name="layers">Number of attention layers.</param>
    /// <param name="keyColumns">Columns of the keys of all heads.</param>
    /// <param name="valueColumns">Columns of the values of all heads; 0 when they are the first columns of the keys.</param>
    /// <param name="capacity">Rows to make room for at once; more are made room for as they come.</param>
    /// <param name="limit">Rows that the cache may never exceed.</param>
    public KeyValueCache(int layers, int keyColumns, int valueColumns, int capacity = 0, int limit = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(layers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keyColumns);
        ArgumentOutOfRangeException.ThrowIfNegative(valueColumns);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, limit);
        _layers = new float*[layers];
        _keyColumns = keyColumns;
        _valueColumns = valueColumns;
        Limit = limit;
        if (capacity > 0)
        {
            Grow(capacity);
        }
    }

    ~KeyValueCache() => Free();

    /// <summary>Rows stored in every layer.</summary>
    public int Length { get; private set; }

    /// <summary>Rows there is room for without asking the operating system.</summary>
    public int Capacity { get; private set; }

    /// <summary>Rows that the cache may never exceed.</summary>
    public int Limit { get; }

    /// <summary>Number of attention layers.</summary>
    public int Layers => _layers.Length;

    /// <summary>Bytes held from the operating system.</summary>
    public long Bytes => (long)Capacity * RowColumns * sizeof(float) * _layers.Length;

    private int RowColumns => _keyColumns + _valueColumns;

    /// <summary>Makes the next <paramref name="count"/> rows, which attention has appended in every layer, part of the sequence.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > Capacity - Length)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"Only {Capacity - Length} rows can have been appended.");
        }

        Length += count;
    }

    /// <summary>Forgets all rows from <paramref name="length"/> on. Room is kept.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Writes new rows of a layer after the stored ones; they count only after <see cref="Advance"/>. Writing again before that replaces them.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="keys">New keys. [rows, keyColumns]</param>
    /// <param name="values">New values [rows, valueColumns]; a view of the first columns of <paramref name="keys"/> where the cache has no values.</param>
    internal void Append(int layer, Tensor keys, Tensor values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)layer, (uint)_layers.Length, nameof(layer));
        bool fits = _valueColumns == 0 ? values.Data == keys.Data && values.Stride == keys.Stride && values.Columns <= _keyColumns : values.Columns == _valueColumns;
        if (keys.Columns != _keyColumns || !fits || keys.Rows != values.Rows)
        {
            throw new ArgumentException(
                $"Keys [{keys.Rows}, {keys.Columns}] and values [{values.Rows}, {values.Columns}] do not fit a cache with {_keyColumns} and {_valueColumns} columns.");
        }

        if (keys.Rows > Capacity - Length)
        {
            Grow((long)Length + keys.Rows);
        }

        float* row = _layers[layer] + ((long)Length * RowColumns);
        for (int r = 0; r < keys.Rows; r++, row += RowColumns)
        {
            new ReadOnlySpan<float>(keys.Row(r), _keyColumns).CopyTo(new Span<float>(row, _keyColumns));
            new ReadOnlySpan<float>(values.Row(r), _valueColumns).CopyTo(new Span<float>(row + _keyColumns, _valueColumns));
        }
    }

    /// <summary>The first <paramref name="count"/> rows of a layer, appended ones included. Valid until the cache grows.</summary>
    internal KeyRun Run(int layer, int count)
    {
        float* keys = _layers[layer];
        return new KeyRun(keys, RowColumns, _valueColumns == 0 ? keys : keys + _keyColumns, RowColumns, 0, count);
    }

    private void Grow(long rows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (rows > Limit)
        {
            throw new ArgumentException($"A sequence of {rows} tokens exceeds the cache's limit of {Limit}.");
        }

        int capacity = (int)Math.Min(Limit, Math.Max(rows, Math.Max(SmallestCapacity, 2L * Capacity)));
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i] = (float*)NativeMemory.AlignedRealloc(_layers[i], (nuint)((long)capacity * RowColumns * sizeof(float)), 64);
        }

        Capacity = capacity;
    }

    private void Free()
    {
        for (int i = 0; i < _layers.Length; i++)
        {
            NativeMemory.AlignedFree(_layers[i]);
            _layers[i] = null;
        }

        (Length, Capacity, _disposed) = (0, 0, true);
    }
}
