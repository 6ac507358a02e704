using System.Buffers.Binary;
using System.Text;
using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Tensors.Checkpoints.Torch;

/// <summary>Writes checkpoints as torch.save does: a pickle of protocol 2 and the storages, stored at multiples of 64 bytes.</summary>
internal static class TorchZip
{
    /// <summary>A whole file: a dictionary of these tensors.</summary>
    public static byte[] File(params (string Name, ElementType Type, long[] Shape, byte[] Bytes)[] tensors) => Archive(
    [
        ("archive/data.pkl", Pickle(Dictionary(tensors))),
        ("archive/byteorder", "little"u8.ToArray()),
        .. tensors.Select((t, i) => ($"archive/data/{i}", t.Bytes)),
    ]);

    /// <summary>The tensors of a safetensors file as such a file.</summary>
    public static byte[] File(string safetensors, Func<string, bool>? choose = null)
    {
        using var file = new SafetensorsFile(safetensors);
        return File([.. file.Tensors.Where(t => choose is null || choose(t.Name)).Select(t => (t.Name, t.Type, t.Shape.ToArray(), file.Bytes(t.Name).ToArray()))]);
    }

    /// <summary>The opcodes between protocol and STOP as a pickle.</summary>
    public static byte[] Pickle(IEnumerable<byte> opcodes) => [0x80, 2, .. opcodes, (byte)'.'];

    /// <summary>Opcodes of a dictionary whose values are contiguous tensors, each with a storage of its own.</summary>
    public static byte[] Dictionary(params (string Name, ElementType Type, long[] Shape, byte[] Bytes)[] tensors)
    {
        List<byte> code = [.. "ccollections\nOrderedDict\n)R("u8];
        for (int i = 0; i < tensors.Length; i++)
        {
            (string name, ElementType type, long[] shape, byte[] bytes) = tensors[i];
            long[] strides = [.. shape.Select((_, d) => shape[(d + 1)..].Aggregate(1L, (a, b) => a * b))];
            code.AddRange([.. Text(name), .. Tensor(i.ToString(), type, bytes.Length / (type.Bits() / 8), 0, shape, strides)]);
        }

        return [.. code, (byte)'u'];
    }

    /// <summary>Opcodes of one view.</summary>
    public static byte[] Tensor(string key, ElementType type, long count, long offset, long[] shape, long[] strides) =>
    [
        .. "ctorch._utils\n_rebuild_tensor_v2\n(("u8, .. Text("storage"), .. Encoding.ASCII.GetBytes($"ctorch\n{StorageOf(type)}Storage\n"), .. Text(key), .. Text("cpu"), .. Whole(count),
        .. "tQ"u8, .. Whole(offset), .. Tuple(shape), .. Tuple(strides), 0x89, .. "ccollections\nOrderedDict\n)RtR"u8,
    ];

    public static byte[] Text(string text) => [(byte)'X', .. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    public static byte[] Whole(long value) => [0x8a, 8, .. BitConverter.GetBytes(value)];

    /// <summary>An archive of stored entries.</summary>
    /// <param name="entries">Their names and bytes.</param>
    /// <param name="wide">Every size in records of 64 bits, as for files above 4 GiB.</param>
    public static byte[] Archive(IEnumerable<(string Name, byte[] Bytes)> entries, bool wide = false)
    {
        List<byte> file = [], directory = [];
        int count = 0;
        foreach ((string name, byte[] bytes) in entries)
        {
            byte[] label = Encoding.UTF8.GetBytes(name);
            int padding = (64 - ((file.Count + 30 + label.Length + 4) % 64)) % 64;
            byte[] extra = wide
                ? [1, 0, 24, 0, .. BitConverter.GetBytes((long)bytes.Length), .. BitConverter.GetBytes((long)bytes.Length), .. BitConverter.GetBytes((long)file.Count)]
                : [];
            byte[] sizes = wide ? [.. Enumerable.Repeat((byte)0xff, 8)] : [.. BitConverter.GetBytes(bytes.Length), .. BitConverter.GetBytes(bytes.Length)];
            byte[] common = [.. new byte[2], .. new byte[2], .. new byte[4], .. new byte[4], .. sizes, .. U16(label.Length)];
            directory.AddRange(
            [
                .. "PK\u0001\u0002"u8, 45, 0, 45, 0, .. common, .. U16(extra.Length), .. new byte[10],
                .. wide ? BitConverter.GetBytes(uint.MaxValue) : BitConverter.GetBytes(file.Count), .. label, .. extra,
            ]);
            file.AddRange([.. "PK\u0003\u0004"u8, 45, 0, .. common, .. U16(padding + 4), .. label, .. "FB"u8, .. U16(padding), .. new byte[padding], .. bytes]);
            count++;
        }

        long begin = file.Count;
        file.AddRange(directory);
        if (wide)
        {
            long end = file.Count;
            file.AddRange([.. "PK\u0006\u0006"u8, .. BitConverter.GetBytes(44L), 45, 0, 45, 0, .. new byte[8], .. BitConverter.GetBytes((long)count), .. BitConverter.GetBytes((long)count)]);
            file.AddRange([.. BitConverter.GetBytes((long)directory.Count), .. BitConverter.GetBytes(begin), .. "PK\u0006\u0007"u8, .. new byte[4], .. BitConverter.GetBytes(end), 1, 0, 0, 0]);
        }

        byte[] place = wide ? [.. Enumerable.Repeat((byte)0xff, 12)] : [.. U16(count), .. U16(count), .. BitConverter.GetBytes(directory.Count), .. BitConverter.GetBytes((int)begin)];
        return [.. file, .. "PK\u0005\u0006"u8, .. new byte[4], .. place, 0, 0];
    }

    private static byte[] Tuple(long[] values) => [(byte)'(', .. values.SelectMany(Whole), (byte)'t'];

    private static byte[] U16(int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }

    private static string StorageOf(ElementType type) => type switch
    {
        ElementType.F32 => "Float",
        ElementType.F64 => "Double",
        ElementType.F16 => "Half",
        ElementType.BF16 => "BFloat16",
        ElementType.I64 => "Long",
        ElementType.U8 => "Byte",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
