using System.Runtime.InteropServices;
using Razum.Tensors.Formats;
using Razum.Tensors.Threading;

namespace Razum.Tensors;

/// <summary>
/// A parameter: name, shape, format and bytes; no behaviour. A matrix is stored [rows = outputs, columns = inputs] as published; a vector has one row.
/// Whatever is derived from the values (repacked tiles) is a cache that <see cref="Version"/> makes stale.
/// </summary>
public sealed unsafe class Weight : IDisposable
{
    private readonly object? _owner;
    private bool _ownsData;

    private Weight(string name, WeightFormat format, byte* data, int rows, int columns, bool isVector, object? owner)
    {
        Name = name;
        Format = format;
        Data = data;
        Rows = rows;
        Columns = columns;
        IsVector = isVector;
        _owner = owner;
    }

    /// <summary>The published name, e.g. <c>model.layers.0.mlp.gate.weight</c>.</summary>
    public string Name { get; }

    public WeightFormat Format { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Whether the published shape has one dimension.</summary>
    public bool IsVector { get; }

    public long Count => (long)Rows * Columns;

    /// <summary>Grows whenever the values change; call <see cref="MarkChanged"/> after writing to them.</summary>
    public int Version { get; private set; }

    /// <summary>Sum of the gradients since it was last cleared, F32, same shape; null while the weight is not trained.</summary>
    public Tensor? Gradient { get; private set; }

    /// <summary>The stored bytes, row by row: values or blocks of values. Null for a quantised weight of which only <see cref="Tiles"/> exist.</summary>
    internal byte* Data { get; }

    /// <summary>The format's row in the table of block formats; null for formats that store every value by itself.</summary>
    internal BlockFormat? Blocks => BlockFormat.Of(Format);

    /// <summary>
    /// Whether products take activations as they are, in F32, and not rounded to bytes, where the format has products on bytes: nearer to the exact result,
    /// and slower.
    /// </summary>
    public bool KeepsActivations { get; set; }

    /// <summary>Whether the factors of activations that are rounded to E4M3 for this weight are powers of two (see <see cref="Arithmetic.FP8"/>).</summary>
    public bool PowerOfTwoScales { get; set; }

    /// <summary>How products read the values.</summary>
    internal WeightReading Reading => Blocks is { } blocks
        ? blocks.HasTiles && (!KeepsActivations || Data == null) ? WeightReading.Tiles : WeightReading.Unpacked
        : Format == WeightFormat.F8_E4M3 ? WeightReading.Unpacked : WeightReading.Panels;

    /// <summary>The factors of <see cref="WeightFormat.F8_E4M3"/>, one for every 128 x 128 values; null for other formats.</summary>
    internal Weight? BlockScales { get; private init; }

    /// <summary>Bytes that the values take: in the file, or as tiles.</summary>
    public long StoredBytes => Data == null && Tiles is { } tiles
        ? tiles.Bytes
        : Blocks is { } blocks ? Count / blocks.Values * blocks.Bytes : (Count * Format.ValueBytes()) + (BlockScales?.StoredBytes ?? 0);

    internal float* Floats => Format == WeightFormat.F32 ? (float*)Data : throw new InvalidOperationException($"{Name} is {Format}, not F32");

    /// <summary>Tiles made from the values for the matrix kernels, with the version they were made from. Null until first used.</summary>
    internal PackedWeight? Packed { get; set; }

    /// <summary>The same for block formats.</summary>
    internal BlockTiles? Tiles { get; set; }

    /// <summary>The same for products in BF16, one for each order in which they read the values.</summary>
    internal PairWeight[] Pairs { get; set; } = [];

    /// <summary>A new F32 weight of zeros.</summary>
    public static Weight Create(string name, int rows, int columns, bool isVector = false)
    {
        byte* data = (byte*)NativeMemory.AlignedAlloc((nuint)((long)rows * columns * sizeof(float)), 64);
        NativeMemory.Clear(data, (nuint)((long)rows * columns * sizeof(float)));
        return new Weight(name, WeightFormat.F32, data, rows, columns, isVector, null) { _ownsData = true };
    }

    /// <summary>A weight that has a name and a shape but no values, for counting and planning.</summary>
    public static Weight WithoutData(string name, int rows, int columns, bool isVector = false) =>
        new(name, WeightFormat.F32, null, rows, columns, isVector, null);

    /// <summary>
    /// The values of <paramref name="source"/> in a block format, each block nearest to its values; it can be computed with and read, not written to.
    /// </summary>
    /// <param name="source">A matrix whose columns are whole blocks (see <see cref="WeightFormats.Fits"/>); it is not needed afterwards.</param>
    /// <exception cref="ArgumentException">The columns are not whole blocks, or the format has none, or no quantiser.</exception>
    public static Weight Quantize(Weight source, WeightFormat format, WorkerPool pool)
    {
        BlockFormat blocks = BlockFormat.Of(format) ?? throw new ArgumentException($"{format} is no block format", nameof(format));
        if (!blocks.CanQuantize)
        {
            throw new ArgumentException($"{format} can be read, not written", nameof(format));
        }

        if (!format.Fits(source.Columns))
        {
            throw new ArgumentException($"{source.Name}: {source.Columns} columns are not blocks of {blocks.Values}", nameof(source));
        }

        if (blocks.HasTiles)
        {
            return new Weight(source.Name, format, null, source.Rows, source.Columns, source.IsVector, null) { Tiles = BlockTiles.Quantize(source, blocks, pool) };
        }

        long rowBytes = (long)source.Columns / blocks.Values * blocks.Bytes;
        byte* data = (byte*)NativeMemory.AlignedAlloc((nuint)(source.Rows * rowBytes), 64);
        pool.For(source.Rows, 1, new QuantiseJob(source, blocks, data, rowBytes));
        return new Weight(source.Name, format, data, source.Rows, source.Columns, source.IsVector, null) { _ownsData = true };
    }

    /// <summary>A weight over bytes that <paramref name="owner"/> (a mapped file) keeps alive.</summary>
    internal static Weight Map(string name, WeightFormat format, byte* data, int rows, int columns, bool isVector, object owner) =>
        new(name, format, data, rows, columns, isVector, owner);

    /// <summary>The same for E4M3 bytes with their factors [rows / 128, columns / 128], rounded up.</summary>
    internal static Weight MapFloat8(string name, byte* data, int rows, int columns, Weight scales, object owner) =>
        new(name, WeightFormat.F8_E4M3, data, rows, columns, false, owner) { BlockScales = scales };

    /// <summary>The F32 values, for reading and writing; call <see cref="MarkChanged"/> after writing. Not for weights of other formats or above 2^31 values.</summary>
    public Span<float> AsSpan() => new(Floats, checked((int)Count));

    /// <summary>Says that the values have changed.</summary>
    public void MarkChanged() => Version++;

    /// <summary>Makes room for a gradient (zeros), so that a <see cref="Tape"/> adds to it.</summary>
    public void EnableGradient()
    {
        if (Gradient is null)
        {
            float* data = (float*)NativeMemory.AlignedAlloc((nuint)(Count * sizeof(float)), 64);
            NativeMemory.Clear(data, (nuint)(Count * sizeof(float)));
            Gradient = new Tensor(data, Rows, Columns, Columns);
        }
    }

    /// <summary>A copy of a matrix with other rows: row i is row <paramref name="order"/>[i] of this one. The format stays.</summary>
    public Weight Rearranged(ReadOnlySpan<int> order)
    {
        if (Data == null || BlockScales is not null)
        {
            throw new InvalidOperationException($"{Name}: rows of this kind of weight cannot be copied");
        }

        long rowBytes = StoredBytes / Rows;
        byte* data = (byte*)NativeMemory.AlignedAlloc((nuint)(rowBytes * order.Length), 64);
        for (int i = 0; i < order.Length; i++)
        {
            Buffer.MemoryCopy(Data + (order[i] * rowBytes), data + (i * rowBytes), rowBytes, rowBytes);
        }

        GC.KeepAlive(_owner);
        return new Weight(Name, Format, data, order.Length, Columns, IsVector, null) { _ownsData = true };
    }

    /// <summary>The values as F32, whatever the format.</summary>
    public float[] ToArray()
    {
        float[] values = new float[Count];
        fixed (float* target = values)
        {
            for (int row = 0; row < Rows; row++)
            {
                CopyRow(row, target + ((long)row * Columns));
            }
        }

        return values;
    }

    /// <summary>The values of one row as F32, whatever the format.</summary>
    public void ReadRow(int row, Span<float> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, Columns, nameof(target));
        fixed (float* values = target)
        {
            CopyRow(row, values);
        }
    }

    /// <summary>The same, unchecked.</summary>
    internal void CopyRow(int row, float* target)
    {
        if (Data == null && Tiles is { } tiles)
        {
            tiles.Dequantize(row, target);
        }
        else
        {
            WeightRows.Copy(this, row, 0, Columns, target);
        }
    }

    public void Dispose()
    {
        if (Gradient is { } gradient)
        {
            NativeMemory.AlignedFree(gradient.Data);
            Gradient = null;
        }

        Packed?.Dispose();
        Packed = null;
        Tiles?.Dispose();
        Tiles = null;
        foreach (PairWeight pairs in Pairs)
        {
            pairs.Dispose();
        }

        Pairs = [];
        if (_ownsData)
        {
            NativeMemory.AlignedFree(Data);
            _ownsData = false;
        }

        GC.KeepAlive(_owner);
    }

    private readonly struct QuantiseJob(Weight source, BlockFormat format, byte* target, long rowBytes) : IRangeJob
    {
        public void Run(int from, int to)
        {
            float[] values = new float[source.Columns];
            fixed (float* row = values)
            {
                for (int r = from; r < to; r++)
                {
                    source.CopyRow(r, row);
                    WeightRows.Quantize(format, row, source.Columns, null, target + (r * rowBytes));
                }
            }
        }
    }
}
