namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>
/// Reads and checks the header of a GGUF file, version 2 or 3: magic, version, counts, metadata, tensors. What a tensor claims must lie in the file, at a
/// multiple of the alignment, and belong to it alone.
/// </summary>
internal sealed unsafe class GgufHeader
{
    /// <summary>Bytes up to the first key.</summary>
    public const int FixedBytes = 24;

    private const uint Magic = 0x46554747; // "GGUF"
    private const string AlignmentKey = "general.alignment";
    private const int DefaultAlignment = 32;
    private const int MostDims = 4;

    private readonly GgufCursor _cursor;
    private readonly long _length;

    private GgufHeader(string path, byte* bytes, long length)
    {
        (_cursor, _length) = (new GgufCursor(path, bytes, length), length);
    }

    public int Version { get; private set; }

    public int Alignment { get; private set; } = DefaultAlignment;

    /// <summary>Where the data section begins.</summary>
    public long DataBegin { get; private set; }

    /// <summary>In the order of the file.</summary>
    public OrderedDictionary<string, GgufValue> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>In the order of the file.</summary>
    public OrderedDictionary<string, GgufTensor> Tensors { get; } = new(StringComparer.Ordinal);

    public static GgufHeader Parse(string path, byte* bytes, long length)
    {
        var header = new GgufHeader(path, bytes, length);
        header.Read();
        return header;
    }

    private void Read()
    {
        if (_cursor.Read<uint>("the magic") != Magic)
        {
            throw _cursor.Fault("not a GGUF file: it does not begin with the letters GGUF");
        }

        ReadVersion();
        ulong tensors = _cursor.Read<ulong>("the number of tensors");
        ulong keys = _cursor.Read<ulong>("the number of keys");
        for (ulong i = 0; i < keys; i++)
        {
            string key = _cursor.Name($"key {i}");
            GgufValue value = _cursor.Value($"the value of {OneLine.Quote(key)}");
            if (!Metadata.TryAdd(key, value))
            {
                throw _cursor.Fault($"key {OneLine.Quote(key)} appears twice");
            }
        }

        ReadAlignment();
        List<GgufTensor> entries = [];
        for (ulong i = 0; i < tensors; i++)
        {
            entries.Add(ReadTensor(i));
        }

        DataBegin = (_cursor.Position + Alignment - 1) / Alignment * Alignment;
        foreach (GgufTensor entry in entries)
        {
            GgufTensor placed = Place(entry);
            if (!Tensors.TryAdd(placed.Name, placed))
            {
                throw Fault(placed.Name, "appears twice");
            }
        }

        CheckOverlaps();
    }

    private void ReadVersion()
    {
        uint version = _cursor.Read<uint>("the version");
        Version = version switch
        {
            2 or 3 => (int)version,
            1 => throw _cursor.Fault("GGUF version 1 is not supported, only 2 and 3"),
            _ when version != 0 && (version & 0xFFFF) == 0 => throw _cursor.Fault("a big-endian GGUF file; only little-endian ones are supported"),
            _ => throw _cursor.Fault($"GGUF version {version} is not supported, only 2 and 3"),
        };
    }

    private void ReadAlignment()
    {
        if (Metadata.TryGetValue(AlignmentKey, out GgufValue? value))
        {
            Alignment = value.Value is uint alignment && System.Numerics.BitOperations.IsPow2(alignment) && alignment <= 1 << 30
                ? (int)alignment
                : throw _cursor.Fault($"{AlignmentKey} is not a power of two up to 2^30 of type UINT32");
        }
    }

    /// <summary>A tensor whose <see cref="GgufTensor.Begin"/> counts from the data section still.</summary>
    private GgufTensor ReadTensor(ulong index)
    {
        string name = _cursor.Name($"the name of tensor {index}");
        uint count = _cursor.Read<uint>($"the number of dimensions of tensor {index}");
        if (count > MostDims)
        {
            throw Fault(name, $"{count} dimensions are more than {MostDims}");
        }

        long[] dims = new long[count];
        UInt128 values = 1;
        for (int i = 0; i < dims.Length; i++)
        {
            ulong size = _cursor.Read<ulong>($"the dimensions of tensor {index}");
            values *= size; // both below 2^64
            if (size > long.MaxValue || values > long.MaxValue)
            {
                throw Fault(name, "its dimensions are too large");
            }

            dims[i] = (long)size;
        }

        var type = (GgmlType)_cursor.Read<uint>($"the type of tensor {index}");
        ulong offset = _cursor.Read<ulong>($"the offset of tensor {index}");
        if (!type.IsKnown())
        {
            throw Fault(name, $"type {(uint)type} is unknown, or was removed from the format");
        }

        long row = dims.Length == 0 ? 1 : dims[0];
        if (row % type.BlockSize() != 0)
        {
            throw Fault(name, $"rows of {row} values are not whole {type} blocks of {type.BlockSize()}");
        }

        UInt128 bytes = values / (UInt128)type.BlockSize() * (UInt128)type.BlockBytes();
        return bytes <= long.MaxValue && offset <= long.MaxValue
            ? new GgufTensor { Name = name, Type = type, Dims = dims, Count = (long)values, Begin = (long)offset, Length = (long)bytes }
            : throw Fault(name, $"{bytes} bytes at offset {offset} lie outside the file");
    }

    private GgufTensor Place(GgufTensor entry)
    {
        if (entry.Begin % Alignment != 0)
        {
            throw Fault(entry.Name, $"offset {entry.Begin} is not a multiple of the alignment {Alignment}");
        }

        long room = _length - DataBegin;
        return entry.Length <= room && entry.Begin <= room - entry.Length
            ? entry with { Begin = DataBegin + entry.Begin }
            : throw Fault(entry.Name, $"{entry.Length} bytes at offset {entry.Begin} lie outside the {Math.Max(0, room)} bytes of data");
    }

    private void CheckOverlaps()
    {
        (long end, string before) = (0, "");
        foreach (GgufTensor entry in Tensors.Values.Where(t => t.Length > 0).OrderBy(t => t.Begin))
        {
            if (entry.Begin < end)
            {
                throw Fault(entry.Name, $"shares bytes with {OneLine.Quote(before)}");
            }

            (end, before) = (entry.Begin + entry.Length, entry.Name);
        }
    }

    private InvalidDataException Fault(string name, string fault) => _cursor.Fault($"tensor {OneLine.Quote(name)}: {fault}");
}
