using System.Buffers.Binary;

namespace Razum.Text;

/// <summary>One field of a protobuf message: its number and its value (varint or fixed) or its bytes.</summary>
internal sealed record ProtoField(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The fields of a message in order.</summary>
    /// <exception cref="InvalidDataException">The message is cut short or is none.</exception>
    public static IEnumerable<ProtoField> Read(ReadOnlyMemory<byte> message, string file)
    {
        for (int at = 0; at < message.Length;)
        {
            ulong key = Varint(message.Span, ref at, file);
            int number = key >> 3 is > 0 and < 1 << 29 ? (int)(key >> 3) : throw Damaged(file);
            switch (key & 7)
            {
                case 0:
                    yield return new ProtoField(number, Varint(message.Span, ref at, file), default);
                    break;
                case 1:
                    yield return new ProtoField(number, BinaryPrimitives.ReadUInt64LittleEndian(Take(message, ref at, 8, file).Span), default);
                    break;
                case 2:
                    ulong length = Varint(message.Span, ref at, file);
                    yield return new ProtoField(number, 0, Take(message, ref at, length, file));
                    break;
                case 5:
                    yield return new ProtoField(number, BinaryPrimitives.ReadUInt32LittleEndian(Take(message, ref at, 4, file).Span), default);
                    break;
                default:
                    throw Damaged(file);
            }
        }
    }

    private static ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> message, ref int at, ulong length, string file)
    {
        if (length > (ulong)(message.Length - at))
        {
            throw Damaged(file);
        }

        ReadOnlyMemory<byte> taken = message.Slice(at, (int)length);
        at += (int)length;
        return taken;
    }

    private static ulong Varint(ReadOnlySpan<byte> message, ref int at, string file)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            byte b = message[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Damaged(file);
    }

    private static InvalidDataException Damaged(string file) => new($"{file}: damaged: not a SentencePiece model");
}
