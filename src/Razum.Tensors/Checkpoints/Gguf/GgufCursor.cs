using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>Reads the header of a mapped GGUF file from front to back. No number from the file is used as a size before it is compared with what is left.</summary>
internal sealed unsafe class GgufCursor(string path, byte* bytes, long length)
{
    private const int LongestKey = 65535;

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    public long Left => length - Position;

    public T Read<T>(string what)
        where T : unmanaged
    {
        byte* source = Take((ulong)sizeof(T), what);
        return Unsafe.ReadUnaligned<T>(source);
    }

    /// <summary>A name or key: UTF-8 without mistakes.</summary>
    public string Name(string what)
    {
        ReadOnlySpan<byte> text = Text(what);
        if (text.Length > LongestKey)
        {
            throw Fault($"{what} of {text.Length} bytes is longer than {LongestKey}");
        }

        return Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw Fault($"{what} is not UTF-8");
    }

    /// <summary>A value; what is not UTF-8 in it becomes U+FFFD.</summary>
    public string String(string what) => Encoding.UTF8.GetString(Text(what));

    public GgufValue Value(string what)
    {
        var type = (GgufType)Read<uint>($"the type of {what}");
        return type == GgufType.Array ? List(what) : new GgufValue(Scalar(type, what));
    }

    public InvalidDataException Fault(string fault) => new($"{path}: {fault}");

    private object Scalar(GgufType type, string what) => type switch
    {
        GgufType.UInt8 => Read<byte>(what),
        GgufType.Int8 => Read<sbyte>(what),
        GgufType.UInt16 => Read<ushort>(what),
        GgufType.Int16 => Read<short>(what),
        GgufType.UInt32 => Read<uint>(what),
        GgufType.Int32 => Read<int>(what),
        GgufType.Float32 => Read<float>(what),
        GgufType.Bool => Truth(what),
        GgufType.String => String(what),
        GgufType.UInt64 => Read<ulong>(what),
        GgufType.Int64 => Read<long>(what),
        GgufType.Float64 => Read<double>(what),
        _ => throw Fault($"{what} has the unknown type {(uint)type}"),
    };

    private GgufValue List(string what)
    {
        var type = (GgufType)Read<uint>($"the type of {what}");
        ulong count = Read<ulong>($"the length of {what}");
        return new GgufValue(type switch
        {
            GgufType.UInt8 => Numbers<byte>(count, what),
            GgufType.Int8 => Numbers<sbyte>(count, what),
            GgufType.UInt16 => Numbers<ushort>(count, what),
            GgufType.Int16 => Numbers<short>(count, what),
            GgufType.UInt32 => Numbers<uint>(count, what),
            GgufType.Int32 => Numbers<int>(count, what),
            GgufType.Float32 => Numbers<float>(count, what),
            GgufType.Bool => Array.ConvertAll(Numbers<byte>(count, what), b => b <= 1 ? b == 1 : throw NoTruth(what, b)),
            GgufType.String => Strings(count, what),
            GgufType.UInt64 => Numbers<ulong>(count, what),
            GgufType.Int64 => Numbers<long>(count, what),
            GgufType.Float64 => Numbers<double>(count, what),
            GgufType.Array => throw Fault($"{what} is a list of lists, which no model has"),
            _ => throw Fault($"{what} has elements of the unknown type {(uint)type}"),
        });
    }

    private T[] Numbers<T>(ulong count, string what)
        where T : unmanaged
    {
        Require(count, (ulong)sizeof(T), what);
        byte* source = Take(count * (ulong)sizeof(T), what);
        T[] values = new T[count];
        new ReadOnlySpan<byte>(source, values.Length * sizeof(T)).CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private string[] Strings(ulong count, string what)
    {
        Require(count, sizeof(ulong), what); // every text has at least its length
        string[] values = new string[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = String(what);
        }

        return values;
    }

    private bool Truth(string what)
    {
        byte value = Read<byte>(what);
        return value <= 1 ? value == 1 : throw NoTruth(what, value);
    }

    private InvalidDataException NoTruth(string what, byte value) => Fault($"{what} is {value}, neither true nor false");

    private ReadOnlySpan<byte> Text(string what)
    {
        ulong count = Read<ulong>($"the length of {what}");
        Require(count, 1, what);
        return new ReadOnlySpan<byte>(Take(count, what), (int)count);
    }

    private void Require(ulong count, ulong size, string what)
    {
        if (count > (ulong)Left / size || count > (ulong)Array.MaxLength)
        {
            throw Fault($"{what} has {count} elements, but only {Left} bytes follow");
        }
    }

    private byte* Take(ulong count, string what)
    {
        if (count > (ulong)Left)
        {
            throw Fault($"the file ends inside {what}");
        }

        byte* at = bytes + Position;
        Position += (long)count;
        return at;
    }
}
