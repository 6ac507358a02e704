using System.Text;

namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>
/// Collects metadata and tensors and writes them as one GGUF file of version 3, in the order in which they were added. Values are produced while
/// <see cref="Save"/> runs.
/// </summary>
public sealed class GgufWriter
{
    private const uint Version = 3;
    private const uint DefaultAlignment = 32;
    private const string AlignmentKey = "general.alignment";

    private readonly OrderedDictionary<string, GgufValue> _metadata = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, Item> _items = new(StringComparer.Ordinal);

    /// <summary>Called after every tensor with its name and the share of bytes written so far.</summary>
    public Action<string, double>? Progress { get; init; }

    /// <summary>Sets one piece of metadata.</summary>
    public void Set(string key, GgufValue value) => _metadata[key] = value;

    /// <inheritdoc cref="Set(string, GgufValue)"/>
    public void Set(string key, object value) => Set(key, new GgufValue(value));

    /// <summary>Adds a tensor whose bytes <paramref name="write"/> puts into the stream.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="type">Its type.</param>
    /// <param name="dims">Sizes, fastest first.</param>
    /// <param name="write">Writes exactly the bytes of the values, in large pieces.</param>
    /// <exception cref="ArgumentException">The name is taken, or rows are not whole blocks.</exception>
    public void Add(string name, GgmlType type, IReadOnlyList<long> dims, Action<Stream> write)
    {
        var item = new Item(type, dims, write);
        if (item.Row % type.BlockSize() != 0 || !_items.TryAdd(name, item))
        {
            throw new ArgumentException($"tensor {OneLine.Quote(name)} is there already, or its rows are not whole {type} blocks", nameof(name));
        }
    }

    /// <summary>Writes the file: whole or not at all.</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; an old file of that name is untouched.</exception>
    public void Save(string path)
    {
        long alignment = _metadata.TryGetValue(AlignmentKey, out GgufValue? value) ? value.Whole ?? DefaultAlignment : DefaultAlignment;
        byte[] header = Header(alignment);
        long total = Math.Max(1, _items.Values.Sum(i => i.Length));
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            if (_items.Count > 0)
            {
                Pad(stream, header.Length, alignment);
            }

            long written = 0;
            foreach ((string name, Item item) in _items)
            {
                long before = stream.Position;
                item.Write(stream);
                if (stream.Position - before != item.Length)
                {
                    throw new InvalidOperationException($"{name}: {stream.Position - before} bytes instead of {item.Length}");
                }

                Pad(stream, item.Length, alignment);
                Progress?.Invoke(name, (double)(written += item.Length) / total);
            }
        });
    }

    private byte[] Header(long alignment)
    {
        using MemoryStream memory = new();
        using BinaryWriter writer = new(memory);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_items.Count);
        writer.Write((ulong)_metadata.Count);
        foreach ((string key, GgufValue value) in _metadata)
        {
            WriteText(writer, key);
            writer.Write((uint)(value.IsList ? GgufType.Array : value.ElementType));
            WriteValue(writer, value);
        }

        long offset = 0;
        foreach ((string name, Item item) in _items)
        {
            WriteText(writer, name);
            writer.Write((uint)item.Dims.Count);
            foreach (long size in item.Dims)
            {
                writer.Write(size);
            }

            writer.Write((uint)item.Type);
            writer.Write(offset);
            offset += (item.Length + alignment - 1) / alignment * alignment;
        }

        return memory.ToArray();
    }

    private static void WriteValue(BinaryWriter writer, GgufValue value)
    {
        if (value.Value is not Array list)
        {
            WriteScalar(writer, value.Value);
            return;
        }

        writer.Write((uint)value.ElementType);
        writer.Write((ulong)list.Length);
        foreach (object element in list)
        {
            WriteScalar(writer, element);
        }
    }

    private static void WriteScalar(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case byte v: writer.Write(v); break;
            case sbyte v: writer.Write(v); break;
            case ushort v: writer.Write(v); break;
            case short v: writer.Write(v); break;
            case uint v: writer.Write(v); break;
            case int v: writer.Write(v); break;
            case float v: writer.Write(v); break;
            case bool v: writer.Write(v); break;
            case ulong v: writer.Write(v); break;
            case long v: writer.Write(v); break;
            case double v: writer.Write(v); break;
            default: WriteText(writer, (string)value); break;
        }
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(Stream stream, long length, long alignment) => stream.Write(new byte[(alignment - (length % alignment)) % alignment]);

    private sealed record Item(GgmlType Type, IReadOnlyList<long> Dims, Action<Stream> Write)
    {
        public long Row => Dims.Count == 0 ? 1 : Dims[0];

        public long Length => Dims.Aggregate(1L, (product, size) => checked(product * size)) / Type.BlockSize() * Type.BlockBytes();
    }
}
