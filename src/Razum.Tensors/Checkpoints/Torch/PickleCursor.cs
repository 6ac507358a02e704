using System.Runtime.CompilerServices;

namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>Reads pickled bytes from front to back. No length from the file is used before it is compared with what is left.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="place">The part of it, for messages.</param>
/// <param name="bytes">The first byte.</param>
/// <param name="length">How many there are.</param>
internal sealed unsafe class PickleCursor(string path, string place, byte* bytes, long length)
{
    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    /// <summary>Where the opcode under way began, for messages.</summary>
    public long Opcode { get; private set; }

    public long Length => length;

    public byte NextOpcode()
    {
        Opcode = Position;
        return Read<byte>();
    }

    public T Read<T>()
        where T : unmanaged => Unsafe.ReadUnaligned<T>(Take((ulong)sizeof(T)));

    /// <summary>A double with its most significant byte first.</summary>
    public double BigEndianDouble() => BitConverter.Int64BitsToDouble(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Read<long>()));

    /// <summary>That many bytes; below 2 GiB.</summary>
    public ReadOnlySpan<byte> Span(ulong count) => count <= int.MaxValue ? new ReadOnlySpan<byte>(Take(count), (int)count) : throw CutOff(count);

    /// <summary>The bytes up to a line feed, which is read too.</summary>
    public ReadOnlySpan<byte> Line()
    {
        ReadOnlySpan<byte> rest = new(bytes + Position, (int)Math.Min(length - Position, 256));
        int end = rest.IndexOf((byte)'\n');
        if (end < 0)
        {
            throw Fault("a name without an end");
        }

        Position += end + 1;
        return rest[..end];
    }

    /// <summary>Skips over that many bytes.</summary>
    public void Skip(long count) => Take((ulong)count);

    /// <summary>A fault at the opcode under way.</summary>
    public InvalidDataException Fault(string fault) => new($"{path}: {place}: byte {Opcode}: {fault}");

    private byte* Take(ulong count)
    {
        if (count > (ulong)(length - Position))
        {
            throw CutOff(count);
        }

        byte* at = bytes + Position;
        Position += (long)count;
        return at;
    }

    private InvalidDataException CutOff(ulong count) => Fault($"{count} bytes are needed, {length - Position} are left");
}
