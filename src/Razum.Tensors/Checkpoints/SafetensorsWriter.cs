using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Razum.Tensors.Checkpoints;

/// <summary>
/// Collects tensors and writes them as one safetensors file. Values are referred to, not copied, and stream through a small buffer when
/// <see cref="Save"/> runs. The bytes depend only on names, types and values: widest types first (so that every value lies at a multiple of its size),
/// then by name.
/// </summary>
public sealed class SafetensorsWriter
{
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Item> _items = new(StringComparer.Ordinal);

    /// <summary>Adds one line of free text.</summary>
    public void AddMetadata(string key, string value) => _metadata[key] = value;

    /// <summary>Adds a weight under its own name, as F32 or BF16 (rounded to nearest, ties to even).</summary>
    public void Add(Weight weight, ElementType type) => Add(weight.Name, weight, type);

    /// <summary>Adds the values of a weight, as F32 or BF16 (rounded to nearest, ties to even).</summary>
    public void Add(string name, Weight weight, ElementType type)
    {
        RequireFloat(type);
        long[] shape = weight.IsVector ? [weight.Columns] : [weight.Rows, weight.Columns];
        AddItem(name, type, shape, stream => ElementWriter.Write(stream, weight, type));
    }

    /// <summary>Adds a matrix, as F32 or BF16 (rounded to nearest, ties to even).</summary>
    public void Add(string name, Tensor tensor, ElementType type)
    {
        RequireFloat(type);
        AddItem(name, type, [tensor.Rows, tensor.Columns], stream =>
        {
            for (int r = 0; r < tensor.Rows; r++)
            {
                ElementWriter.Write(stream, tensor[r], type);
            }
        });
    }

    /// <summary>Adds values, as F32 or BF16 (rounded to nearest, ties to even).</summary>
    public void Add(string name, ReadOnlyMemory<float> values, ElementType type, params ReadOnlySpan<long> shape)
    {
        RequireFloat(type);
        RequireCount(name, values.Length, shape);
        AddItem(name, type, shape.ToArray(), stream => ElementWriter.Write(stream, values.Span, type));
    }

    /// <summary>Adds a matrix whose values are made when they are written, row by row, as F32 or BF16 (rounded to nearest, ties to even).</summary>
    public void Add(string name, int rows, int columns, Func<float[]> values, ElementType type)
    {
        RequireFloat(type);
        AddItem(name, type, [rows, columns], stream => ElementWriter.Write(stream, values(), type));
    }

    /// <summary>Adds a tensor whose bytes <paramref name="write"/> puts into the stream, or seeks past: those are zeros, and take no room on the disk.</summary>
    public void Add(string name, ElementType type, IReadOnlyList<long> shape, Action<Stream> write) => AddItem(name, type, [.. shape], write);

    /// <summary>Adds values as I64.</summary>
    public void Add(string name, ReadOnlyMemory<long> values, params ReadOnlySpan<long> shape)
    {
        RequireCount(name, values.Length, shape);
        AddItem(name, ElementType.I64, shape.ToArray(), stream => ElementWriter.WriteRaw(stream, values.Span));
    }

    /// <summary>Adds bytes as U8.</summary>
    public void Add(string name, ReadOnlyMemory<byte> values, params ReadOnlySpan<long> shape)
    {
        RequireCount(name, values.Length, shape);
        AddItem(name, ElementType.U8, shape.ToArray(), stream => stream.Write(values.Span));
    }

    /// <summary>Writes the file: whole or not at all.</summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; an old file of that name is untouched.</exception>
    public void Save(string path)
    {
        List<Item> order = [.. _items.Values.OrderByDescending(i => i.Type.Bits()).ThenBy(i => i.Name, StringComparer.Ordinal)];
        byte[] header = Header(order);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            foreach (Item item in order)
            {
                item.Write(stream);
            }

            stream.SetLength(stream.Position); // where the last values were sought past
        });
    }

    /// <summary>The length and the JSON, padded with spaces so that the data begins at a multiple of eight.</summary>
    private byte[] Header(List<Item> order)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in _metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long position = 0;
            foreach (Item item in order)
            {
                json.WriteStartObject(item.Name);
                json.WriteString("dtype", item.Type.Name());
                WriteList(json, "shape", item.Shape);
                WriteList(json, "data_offsets", [position, position += item.Length]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        int padded = (buffer.WrittenCount + 7) / 8 * 8;
        byte[] header = new byte[sizeof(ulong) + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)padded);
        header.AsSpan(sizeof(ulong)).Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header.AsSpan(sizeof(ulong)));
        return header;
    }

    private static void WriteList(Utf8JsonWriter json, string name, ReadOnlySpan<long> values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private void AddItem(string name, ElementType type, long[] shape, Action<Stream> write)
    {
        if (name == "__metadata__" || !_items.TryAdd(name, new Item(name, type, shape, write)))
        {
            throw new ArgumentException($"tensor {OneLine.Quote(name)} cannot be added twice, nor be called __metadata__", nameof(name));
        }
    }

    private static void RequireFloat(ElementType type)
    {
        if (type is not (ElementType.F32 or ElementType.BF16))
        {
            throw new ArgumentException($"values are written as F32 or BF16, not as {type.Name()}", nameof(type));
        }
    }

    private static void RequireCount(string name, long count, ReadOnlySpan<long> shape)
    {
        long product = 1;
        foreach (long size in shape)
        {
            product = checked(product * size);
        }

        if (product != count)
        {
            throw new ArgumentException($"tensor {OneLine.Quote(name)}: {count} values do not fill a shape of {product}", nameof(shape));
        }
    }

    private sealed record Item(string Name, ElementType Type, long[] Shape, Action<Stream> Write)
    {
        public long Length { get; } = Shape.Aggregate(1L, (product, size) => checked(product * size)) * (Type.Bits() / 8);
    }
}
