using System.Buffers;
using System.Runtime.InteropServices;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
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
    private byte* _data;
    private Action<nint>? _fill; // of a weight whose values are made when they are first asked for; null afterwards
    private int[]? _order; // of rows in blocks, where they are stored in another one
    private bool _ownsData;

    private Weight(string name, WeightFormat format, byte* data, int rows, int columns, bool isVector, object? owner)
    {
        Name = name;
        Format = format;
        _data = data;
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
    internal byte* Data => Volatile.Read(ref _fill) is { } fill ? Made(fill) : _data;

    /// <summary>Whether the stored bytes lie in a file, from which the system reads them when they are used, and lets go of them when it must.</summary>
    public bool IsMapped { get; private init; }

    /// <summary>Bytes that the values will take of this process's own memory and do not yet: those that are made when they are first asked for.</summary>
    public long PendingBytes => _data != null || IsMapped || Tiles is not null ? 0 : StoredBytes;

    /// <summary>
    /// Whether products read the stored bytes of a mapped weight where they are, and keep no copy in the order in which they read them: slower, but no memory
    /// of this process's own. The results are the same, bit for bit.
    /// </summary>
    internal bool StaysInPlace { get; set; }

    /// <summary>Whether memory does not hold all that is read from files, so that pages of this mapped weight may be gone when it is read again.</summary>
    internal bool LeavesMemory { get; set; }

    /// <summary>Whether the system was told that its bytes will be read (<see cref="MappedPages"/>).</summary>
    internal bool WasExpected { get; set; }

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
        ? !blocks.HasTiles || (KeepsActivations && !HasOnlyTiles) ? WeightReading.Unpacked : StaysInPlace ? WeightReading.Stored : WeightReading.Tiles
        : Format == WeightFormat.F8_E4M3 || StaysInPlace ? WeightReading.Unpacked : WeightReading.Panels;

    /// <summary>Whether products multiply its blocks with activations rounded to bytes.</summary>
    internal bool ReadsBytes => Reading is WeightReading.Tiles or WeightReading.Stored;

    /// <summary>The factors of <see cref="WeightFormat.F8_E4M3"/>, one for every 128 x 128 values; null for other formats.</summary>
    internal Weight? BlockScales { get; private init; }

    /// <summary>Bytes that the values take: in the file, or as tiles.</summary>
    public long StoredBytes => HasOnlyTiles
        ? Tiles!.Bytes
        : Blocks is { } blocks ? Count / blocks.Values * blocks.Bytes : (Count * Format.ValueBytes()) + (BlockScales?.StoredBytes ?? 0);

    private bool HasOnlyTiles => _data == null && _fill is null && Tiles is not null;

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

    /// <summary>A new F32 weight whose values are made when they are first asked for.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="fill">Writes all values, row by row; told the name. Below 2^31 values.</param>
    public static Weight Deferred(string name, int rows, int columns, SpanAction<float, string> fill)
    {
        int count = checked(rows * columns);
        return new Weight(name, WeightFormat.F32, null, rows, columns, false, null) { _fill = data => fill(new Span<float>((void*)data, count), name) };
    }

    /// <summary>A weight that has a name and a shape but no values, for counting and planning.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="isVector">Whether the published shape has one dimension.</param>
    /// <param name="format">How its values would be stored.</param>
    /// <param name="isMapped">Whether they would stay in a file.</param>
    public static Weight WithoutData(
        string name, int rows, int columns, bool isVector = false, WeightFormat format = WeightFormat.F32, bool isMapped = false) =>
        new(name, format, null, rows, columns, isVector, null)
        {
            IsMapped = isMapped,
            BlockScales = format == WeightFormat.F8_E4M3
                ? WithoutData(name + "_scale_inv", WeightRows.ScaleBlocks(rows), WeightRows.ScaleBlocks(columns), isMapped: isMapped)
                : null,
        };

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
        new(name, format, data, rows, columns, isVector, owner) { IsMapped = owner is TensorFile or GgufFile };

    /// <summary>The same for E4M3 bytes with their factors [rows / 128, columns / 128], rounded up.</summary>
    internal static Weight MapFloat8(string name, byte* data, int rows, int columns, Weight scales, object owner) =>
        new(name, WeightFormat.F8_E4M3, data, rows, columns, false, owner) { BlockScales = scales, IsMapped = owner is TensorFile };

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

    /// <summary>
    /// A matrix with other rows: row i is row <paramref name="order"/>[i] of this one, which must live as long. Blocks stay where they are stored; formats that
    /// store every value by itself are copied when they are first asked for.
    /// </summary>
    public Weight Rearranged(int[] order)
    {
        if (!IsMapped || BlockScales is not null)
        {
            throw new InvalidOperationException($"{Name}: rows of this kind of weight cannot be rearranged");
        }

        if (Blocks is not null)
        {
            return new Weight(Name, Format, _data, order.Length, Columns, IsVector, _owner) { _order = order, IsMapped = true };
        }

        long rowBytes = StoredBytes / Rows;
        return new Weight(Name, Format, null, order.Length, Columns, IsVector, null)
        {
            _fill = data =>
            {
                for (int i = 0; i < order.Length; i++)
                {
                    Buffer.MemoryCopy(Data + (order[i] * rowBytes), (byte*)data + (i * rowBytes), rowBytes, rowBytes);
                }

                GC.KeepAlive(_owner);
            },
        };
    }

    /// <summary>Where row <paramref name="row"/> of a weight in blocks is stored.</summary>
    internal byte* BlocksOf(int row, BlockFormat blocks) => Data + ((long)(_order is null ? row : _order[row]) * (Columns / blocks.Values) * blocks.Bytes);

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
        if (HasOnlyTiles)
        {
            Tiles!.Dequantize(row, target);
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
            NativeMemory.AlignedFree(_data);
            _ownsData = false;
        }

        GC.KeepAlive(_owner);
    }

    /// <summary>Makes the values, once, whoever asks first.</summary>
    private byte* Made(Action<nint> fill)
    {
        lock (fill)
        {
            if (_fill is not null)
            {
                _data = (byte*)NativeMemory.AlignedAlloc((nuint)StoredBytes, 64);
                _ownsData = true;
                fill((nint)_data);
                Volatile.Write(ref _fill, null);
            }
        }

        return _data;
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
