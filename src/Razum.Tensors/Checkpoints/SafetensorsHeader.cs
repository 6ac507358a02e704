using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Razum.Tensors.Checkpoints;

/// <summary>
/// Reads and checks the header of a safetensors file: u64 length, that many bytes of JSON, then the data. Nothing from the file is used as a size
/// before it is checked. Stricter than some readers: no name twice (in whatever spelling), no gap, no overlap, no byte that nobody owns.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit on the JSON.</summary>
    public const int LongestJson = 100_000_000;

    public const int LengthBytes = sizeof(ulong);

    // Root, entry, list of an entry; some room for unknown fields, which may not nest deeper.
    private const int DeepestJson = 8;

    // No framework makes tensors of more dimensions.
    private const int LongestList = 64;

    private readonly string _path;
    private readonly long _dataBegin;
    private readonly long _dataLength;

    private SafetensorsHeader(string path, long dataBegin, long dataLength)
    {
        _path = path;
        _dataBegin = dataBegin;
        _dataLength = dataLength;
    }

    public Dictionary<string, TensorEntry> Tensors { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Number of bytes of JSON.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="prefix">Its first eight bytes, or fewer if it has fewer.</param>
    /// <param name="fileLength">Its length.</param>
    public static int ReadLength(string path, ReadOnlySpan<byte> prefix, long fileLength)
    {
        if (prefix.Length < LengthBytes)
        {
            throw new InvalidDataException($"{path}: {fileLength} bytes are too few for a safetensors file");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > LongestJson)
        {
            throw new InvalidDataException($"{path}: header length {length} is above the limit of {LongestJson}");
        }

        return (long)length <= fileLength - LengthBytes
            ? (int)length
            : throw new InvalidDataException($"{path}: header of {length} bytes, but only {fileLength - LengthBytes} bytes follow the length");
    }

    /// <summary>Parses the JSON and checks every entry against the length of the file.</summary>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json, long fileLength)
    {
        long dataBegin = LengthBytes + json.Length;
        SafetensorsHeader header = new(path, dataBegin, fileLength - dataBegin);
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw new InvalidDataException($"{path}: the header does not begin with a brace");
        }

        if (!Utf8.IsValid(json))
        {
            throw new InvalidDataException($"{path}: the header is not UTF-8");
        }

        try
        {
            header.ReadRoot(json);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter: half a surrogate pair in an escape
        {
            throw new InvalidDataException($"{path}: the header is not valid JSON: {OneLine.Quote(fault.Message)}", fault);
        }

        header.CheckCoverage();
        return header;
    }

    private void ReadRoot(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = DeepestJson });
        reader.Read();
        bool hasMetadata = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "__metadata__")
            {
                Require(!hasMetadata, name, "appears twice");
                hasMetadata = true;
                ReadMetadata(ref reader);
            }
            else
            {
                TensorEntry entry = ReadEntry(ref reader, name);
                Require(Tensors.TryAdd(name, entry), name, "appears twice");
            }
        }

        reader.Read(); // throws on anything after the object
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        Require(reader.TokenType == JsonTokenType.StartObject, "__metadata__", "is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw Fault("__metadata__", $"value of {OneLine.Quote(key)} is not a string");
            }

            if (!Metadata.TryAdd(key, reader.GetString()!))
            {
                throw Fault("__metadata__", $"key {OneLine.Quote(key)} appears twice");
            }
        }
    }

    private TensorEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        Require(reader.TokenType == JsonTokenType.StartObject, name, "entry is not an object");
        ElementType? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            reader.Read();
            switch (field)
            {
                case "dtype":
                    Require(type is null, name, "dtype appears twice");
                    type = ReadType(ref reader, name);
                    break;
                case "shape":
                    Require(shape is null, name, "shape appears twice");
                    shape = ReadList(ref reader, name, field);
                    break;
                case "data_offsets":
                    Require(offsets is null, name, "data_offsets appears twice");
                    offsets = ReadList(ref reader, name, field);
                    break;
                default:
                    throw Fault(name, $"unknown field {OneLine.Quote(field)}");
            }
        }

        return Check(
            name,
            type ?? throw Fault(name, "dtype is missing"),
            shape ?? throw Fault(name, "shape is missing"),
            offsets ?? throw Fault(name, "data_offsets is missing"));
    }

    private ElementType ReadType(ref Utf8JsonReader reader, string name)
    {
        Require(reader.TokenType == JsonTokenType.String, name, "dtype is not a string");
        string text = reader.GetString()!;
        return ElementTypes.TryParse(text, out ElementType type) ? type : throw Fault(name, $"unknown dtype {OneLine.Quote(text)}");
    }

    private List<long> ReadList(ref Utf8JsonReader reader, string name, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Fault(name, $"{field} is not a list");
        }

        List<long> values = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
            {
                throw Fault(name, $"{field}[{values.Count}] is not a whole number from 0 to 2^63 - 1");
            }

            if (values.Count == LongestList)
            {
                throw Fault(name, $"{field} has more than {LongestList} numbers");
            }

            values.Add(value);
        }

        return values;
    }

    private TensorEntry Check(string name, ElementType type, List<long> shape, List<long> offsets)
    {
        if (offsets.Count != 2)
        {
            throw Fault(name, $"data_offsets has {offsets.Count} numbers instead of 2");
        }

        (long begin, long end) = (offsets[0], offsets[1]);
        if (begin > end)
        {
            throw Fault(name, $"data_offsets [{begin}, {end}] end before they begin");
        }

        if (end > _dataLength)
        {
            throw Fault(name, $"data_offsets [{begin}, {end}] lie outside the {_dataLength} bytes of data");
        }

        UInt128 bits = (UInt128)type.Bits();
        foreach (long size in shape)
        {
            // Both factors are below 2^64, so the product cannot wrap before it is compared.
            bits *= (UInt128)size;
            if (bits > long.MaxValue)
            {
                throw Fault(name, $"shape [{string.Join(", ", shape.Take(8))}] is too large");
            }
        }

        if (bits % 8 != 0)
        {
            throw Fault(name, $"{type.Name()} values of this shape are not whole bytes");
        }

        long bytes = (long)(bits / 8);
        if (bytes != end - begin)
        {
            throw Fault(name, $"shape and dtype need {bytes} bytes, data_offsets span {end - begin}");
        }

        return new TensorEntry
        {
            Name = name,
            Type = type,
            Shape = shape,
            Count = (long)(bits / (UInt128)type.Bits()),
            Begin = _dataBegin + begin,
            Length = bytes,
        };
    }

    /// <summary>Every byte of data belongs to exactly one tensor.</summary>
    private void CheckCoverage()
    {
        long position = _dataBegin;
        string before = "the header";
        foreach (TensorEntry entry in Tensors.Values.OrderBy(e => e.Begin).ThenBy(e => e.Length))
        {
            if (entry.Begin < position)
            {
                throw Fault(entry.Name, $"shares bytes with {OneLine.Quote(before)}");
            }

            if (entry.Begin > position)
            {
                throw Fault(entry.Name, $"{entry.Begin - position} bytes between {OneLine.Quote(before)} and it belong to no tensor");
            }

            position += entry.Length;
            before = entry.Name;
        }

        long rest = _dataBegin + _dataLength - position;
        if (rest != 0)
        {
            throw new InvalidDataException($"{_path}: {rest} bytes after the last tensor belong to no tensor");
        }
    }

    // For constant messages; others are built behind an if, because headers of large models have 100,000 entries.
    private void Require(bool condition, string name, string fault)
    {
        if (!condition)
        {
            throw Fault(name, fault);
        }
    }

    private InvalidDataException Fault(string name, string fault) => new($"{_path}: tensor {OneLine.Quote(name)}: {fault}");
}
