using System.Runtime.InteropServices;

namespace Razum.Tensors.Checkpoints;

/// <summary>Values into a stream, in the element type of the file, through a buffer of fixed size.</summary>
internal static unsafe class ElementWriter
{
    private const int Chunk = 1 << 16; // values

    /// <summary>Writes the values of a weight as F32 or BF16.</summary>
    public static void Write(Stream stream, Weight weight, ElementType type)
    {
        if (weight.Format is not (WeightFormat.F32 or WeightFormat.BF16))
        {
            throw new InvalidOperationException($"{weight.Name} is {weight.Format}; safetensors files are written from F32 or BF16");
        }

        bool sameFormat = (weight.Format, type) is (WeightFormat.F32, ElementType.F32) or (WeightFormat.BF16, ElementType.BF16);
        int width = weight.Format == WeightFormat.F32 ? sizeof(float) : sizeof(ushort);
        float[] wide = sameFormat || weight.Format == WeightFormat.F32 ? [] : new float[Chunk];
        for (long from = 0; from < weight.Count; from += Chunk)
        {
            int count = (int)Math.Min(Chunk, weight.Count - from);
            byte* source = weight.Data + (from * width);
            if (sameFormat)
            {
                stream.Write(new ReadOnlySpan<byte>(source, count * width));
            }
            else if (weight.Format == WeightFormat.F32)
            {
                Write(stream, new ReadOnlySpan<float>(source, count), type);
            }
            else
            {
                for (int i = 0; i < count; i++)
                {
                    wide[i] = BitConverter.UInt32BitsToSingle((uint)((ushort*)source)[i] << 16);
                }

                WriteRaw<float>(stream, wide.AsSpan(0, count));
            }
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
