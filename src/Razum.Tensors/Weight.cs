using System.Runtime.InteropServices;

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

    /// <summary>The stored bytes: F32 or BF16, row by row.</summary>
    internal byte* Data { get; }

    internal float* Floats => Format == WeightFormat.F32 ? (float*)Data : throw new InvalidOperationException($"{Name} is {Format}, not F32");

    /// <summary>Tiles made from the values for the matrix kernels, with the version they were made from. Null until first used.</summary>
    internal PackedWeight? Packed { get; set; }

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

    /// <summary>A weight over bytes that <paramref name="owner"/> (a mapped file) keeps alive.</summary>
    internal static Weight Map(string name, WeightFormat format, byte* data, int rows, int columns, bool isVector, object owner) =>
        new(name, format, data, rows, columns, isVector, owner);

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

    /// <summary>The values as F32, whatever the format.</summary>
    public float[] ToArray()
    {
        float[] values = new float[Count];
        for (long i = 0; i < values.LongLength; i++)
        {
            values[i] = Format == WeightFormat.F32 ? ((float*)Data)[i] : BitConverter.UInt32BitsToSingle((uint)((ushort*)Data)[i] << 16);
        }

        return values;
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
}
