using System.Runtime.CompilerServices;

namespace Razum.Tensors;

/// <summary>
/// A view of an F32 matrix: rows (packed tokens) by columns (features; heads lie side by side). Memory belongs to an <see cref="Arena"/>,
/// a <see cref="KeyValueCache"/> or a <see cref="Weight"/>, so a tensor is valid until its arena is reset. Taking columns, rows or another
/// shape copies nothing and is followed by gradients.
/// </summary>
public readonly unsafe struct Tensor
{
    internal Tensor(float* data, int rows, int columns, int stride, int node = 0)
    {
        Data = data;
        Rows = rows;
        Columns = columns;
        Stride = stride;
        Node = node;
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Distance between the beginnings of two rows, in values.</summary>
    public int Stride { get; }

    /// <summary>Whether there is no tensor here at all (the default value).</summary>
    public bool IsEmpty => Data == null;

    /// <summary>Address of the first value.</summary>
    internal float* Data { get; }

    /// <summary>Where a <see cref="Tape"/> keeps this tensor's gradient; 0 when nothing is recorded for it.</summary>
    internal int Node { get; }

    /// <summary>Whether rows follow each other without a gap.</summary>
    public bool IsContiguous => Stride == Columns;

    /// <summary>The values of row <paramref name="row"/>.</summary>
    public Span<float> this[int row]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
            return new Span<float>(Data + ((long)row * Stride), Columns);
        }
    }

    /// <summary>The value of a tensor of one row and one column.</summary>
    public float Value => Rows == 1 && Columns == 1 ? *Data : throw new InvalidOperationException($"[{Rows}, {Columns}] is not one value");

    /// <summary>Columns <paramref name="from"/> up to <paramref name="from"/> + <paramref name="count"/> of every row.</summary>
    public Tensor Slice(int from, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from + count, Columns);
        return new Tensor(Data + from, Rows, count, Stride, Node);
    }

    /// <summary>Rows <paramref name="from"/> up to <paramref name="from"/> + <paramref name="count"/>.</summary>
    public Tensor SliceRows(int from, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from + count, Rows);
        return new Tensor(Data + ((long)from * Stride), count, Columns, Stride, Node);
    }

    /// <summary>The same values as <paramref name="rows"/> rows; only for contiguous tensors.</summary>
    public Tensor Reshape(int rows, int columns)
    {
        if (!IsContiguous || (long)rows * columns != (long)Rows * Columns)
        {
            throw new ArgumentException($"[{Rows}, {Columns}] with stride {Stride} cannot become [{rows}, {columns}]");
        }

        return new Tensor(Data, rows, columns, columns, Node);
    }

    /// <summary>Copies the values out, row by row.</summary>
    public float[] ToArray()
    {
        float[] values = new float[(long)Rows * Columns];
        for (int r = 0; r < Rows; r++)
        {
            this[r].CopyTo(values.AsSpan(r * Columns));
        }

        return values;
    }

    /// <summary>The same values, through which no gradient flows.</summary>
    public Tensor Detach() => WithNode(0);

    internal Tensor WithNode(int node) => new(Data, Rows, Columns, Stride, node);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal float* Row(int row) => Data + ((long)row * Stride);
}
