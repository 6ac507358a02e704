using System.Runtime.InteropServices;

namespace Razum.Tensors.Checkpoints;

/// <summary>Values into a stream, in the element type of the file, through a buffer of fixed size.</summary>
internal static unsafe class ElementWriter
{
    private const int Chunk = 1 << 16; // values

    /// <summary>Writes the values of a weight, of whatever format, as F32 or BF16.</summary>
    public static void Write(Stream stream, Weight weight, ElementType type)
    {
        if ((weight.Format, type) is (WeightFormat.F32, ElementType.F32) or (WeightFormat.BF16, ElementType.BF16))
        {
            long bytes = weight.StoredBytes;
            for (long from = 0; from < bytes; from += Chunk)
            {
                stream.Write(new ReadOnlySpan<byte>(weight.Data + from, (int)Math.Min(Chunk, bytes - from)));
            }

            return;
        }

        int rows = Math.Clamp(Chunk / Math.Max(1, weight.Columns), 1, Math.Max(1, weight.Rows));
        float[] values = new float[rows * weight.Columns];
        for (int row = 0; row < weight.Rows; row += rows)
        {
            int count = Math.Min(rows, weight.Rows - row);
            for (int i = 0; i < count; i++)
            {
                weight.ReadRow(row + i, values.AsSpan(i * weight.Columns, weight.Columns));
            }

            Write(stream, values.AsSpan(0, count * weight.Columns), type);
        }
    }

    /// <summary>Writes values as F32 or BF16.</summary>
    public static void Write(Stream stream, ReadOnlySpan<float> values, ElementType type)
    {
        if (type == ElementType.F32)
        {
            WriteRaw(stream, values);
            return;
        }

        ushort[] narrow = new ushort[Math.Min(Chunk, values.Length)];
        for (int from = 0; from < values.Length; from += Chunk)
        {
            int count = Math.Min(Chunk, values.Length - from);
            for (int i = 0; i < count; i++)
            {
                narrow[i] = ToBF16(values[from + i]);
            }

            WriteRaw<ushort>(stream, narrow.AsSpan(0, count));
        }
    }

    /// <summary>Writes the memory of the values.</summary>
    public static void WriteRaw<T>(Stream stream, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        while (!values.IsEmpty)
        {
            int count = Math.Min(Chunk, values.Length);
            stream.Write(MemoryMarshal.AsBytes(values[..count]));
            values = values[count..];
        }
    }

    /// <summary>The nearest BF16, ties to even: adds half a unit of the last place kept, less one bit where that place is even. NaN stays NaN.</summary>
    public static ushort ToBF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
