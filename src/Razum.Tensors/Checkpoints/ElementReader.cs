using System.Runtime.CompilerServices;

namespace Razum.Tensors.Checkpoints;

/// <summary>Values of any element type as F32 or 64-bit numbers. Sources may lie at any byte; little-endian machines only, as everywhere in Razum.</summary>
internal static unsafe class ElementReader
{
    /// <summary>Converts all values of <paramref name="entry"/>, which lie at <paramref name="source"/>.</summary>
    public static void ToFloats(string path, TensorEntry entry, byte* source, float* target)
    {
        long count = entry.Count;
        switch (entry.Type)
        {
            case ElementType.F32:
                Buffer.MemoryCopy(source, target, entry.Length, entry.Length);
                break;
            case ElementType.BF16:
                for (long i = 0; i < count; i++)
                {
                    target[i] = BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(source + (2 * i)) << 16);
                }

                break;
            case ElementType.F16:
                for (long i = 0; i < count; i++)
                {
                    target[i] = (float)Unsafe.ReadUnaligned<Half>(source + (2 * i));
                }

                break;
            case ElementType.F64:
                for (long i = 0; i < count; i++)
                {
                    target[i] = (float)Unsafe.ReadUnaligned<double>(source + (8 * i));
                }

                break;
            default:
                for (long i = 0; i < count; i++)
                {
                    target[i] = entry.Type == ElementType.U64 ? Unsafe.ReadUnaligned<ulong>(source + (8 * i)) : ReadLong(path, entry, source, i);
                }

                break;
        }
    }

    public static void ToLongs(string path, TensorEntry entry, byte* source, Span<long> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = ReadLong(path, entry, source, i);
        }
    }

    private static long ReadLong(string path, TensorEntry entry, byte* source, long i) => entry.Type switch
    {
        ElementType.Bool or ElementType.U8 => source[i],
        ElementType.I8 => (sbyte)source[i],
        ElementType.U16 => Unsafe.ReadUnaligned<ushort>(source + (2 * i)),
        ElementType.I16 => Unsafe.ReadUnaligned<short>(source + (2 * i)),
        ElementType.U32 => Unsafe.ReadUnaligned<uint>(source + (4 * i)),
        ElementType.I32 => Unsafe.ReadUnaligned<int>(source + (4 * i)),
        ElementType.I64 => Unsafe.ReadUnaligned<long>(source + (8 * i)),
        ElementType.U64 => Unsafe.ReadUnaligned<ulong>(source + (8 * i)) is var value and <= long.MaxValue
            ? (long)value
            : throw new InvalidDataException($"{path}: tensor {OneLine.Quote(entry.Name)}: value {Unsafe.ReadUnaligned<ulong>(source + (8 * i))} is above 63 bits"),
        _ => throw new InvalidDataException($"{path}: tensor {OneLine.Quote(entry.Name)}: {entry.Type.Name()} cannot be converted"),
    };
}
