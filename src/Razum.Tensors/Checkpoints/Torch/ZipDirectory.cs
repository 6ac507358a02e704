using System.Runtime.CompilerServices;
using System.Text;

namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>
/// The entries of a mapped zip archive that keeps them as they are, as torch.save writes it: where the bytes of each lie, so that they can stay mapped (the
/// platform's own reader gives streams only). Records of 64 bits are read; what is compressed, encrypted or spread over disks is refused. No number is used
/// before it is compared with the length of the file.
/// </summary>
internal sealed unsafe class ZipDirectory
{
    private const int EndBytes = 22;
    private const int Locator64Bytes = 20;
    private const int End64Bytes = 56;
    private const int EntryBytes = 46;
    private const int LocalBytes = 30;

    private readonly string _path;
    private readonly byte* _bytes;
    private readonly long _length;
    private long _begin;
    private long _end;
    private ulong _count;

    private ZipDirectory(string path, byte* bytes, long length)
    {
        _path = path;
        _bytes = bytes;
        _length = length;
    }

    /// <summary>Whether a file begins like a zip archive with an entry.</summary>
    public static bool IsZip(byte* bytes, long length) => length >= 4 && Unsafe.ReadUnaligned<uint>(bytes) == 0x04034b50;

    /// <summary>The entries by name, folders left out.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged, or uses what torch.save never does.</exception>
    public static Dictionary<string, ByteRange> Read(string path, byte* bytes, long length)
    {
        ZipDirectory directory = new(path, bytes, length);
        directory.FindEnd();
        return directory.ReadEntries();
    }

    /// <summary>Finds the directory: its end record is last in the file, but for a comment.</summary>
    private void FindEnd()
    {
        for (long at = _length - EndBytes; at >= 0 && at >= _length - EndBytes - ushort.MaxValue; at--)
        {
            if (U32(at) == 0x06054b50 && at + EndBytes + U16(at + 20) == _length)
            {
                ReadEnd(at);
                return;
            }
        }

        throw Fault("the end of the directory is missing: the file was cut off");
    }

    private void ReadEnd(long at)
    {
        (ulong disks, ulong size, ulong begin) = ((ulong)(U16(at + 4) | U16(at + 6)), U32(at + 12), U32(at + 16));
        _count = U16(at + 10);
        _end = at;
        if (_count == ushort.MaxValue || size == uint.MaxValue || begin == uint.MaxValue)
        {
            long locator = at - Locator64Bytes;
            if (locator < 0 || U32(locator) != 0x07064b50)
            {
                throw Fault("the record of 64-bit sizes is missing");
            }

            ulong place = U64(locator + 8);
            if (place > (ulong)Math.Max(locator - End64Bytes, 0) || U32((long)place) != 0x06064b50)
            {
                throw Fault("the record of 64-bit sizes is not where it is said to be");
            }

            long end64 = (long)place;
            (disks, _count, size, begin, _end) = (U32(end64 + 16) | U32(end64 + 20), U64(end64 + 32), U64(end64 + 40), U64(end64 + 48), end64);
        }

        if (disks != 0)
        {
            throw Fault("an archive in several parts");
        }

        if (begin > (ulong)_end || size > (ulong)_end - begin)
        {
            throw Fault($"a directory of {size} bytes from byte {begin} does not fit the file");
        }

        (_begin, _end) = ((long)begin, (long)(begin + size));
    }

    private Dictionary<string, ByteRange> ReadEntries()
    {
        if (_count > (ulong)(_end - _begin) / EntryBytes)
        {
            throw Fault($"a directory of {_end - _begin} bytes cannot hold {_count} entries");
        }

        Dictionary<string, ByteRange> entries = new(StringComparer.Ordinal);
        long at = _begin;
        for (ulong i = 0; i < _count; i++)
        {
            if (at > _end - EntryBytes || U32(at) != 0x02014b50)
            {
                throw Fault($"entry {i} of {_count} is missing in the directory");
            }

            int nameLength = U16(at + 28), extraLength = U16(at + 30), all = EntryBytes + nameLength + extraLength + U16(at + 32);
            if (all > _end - at)
            {
                throw Fault($"entry {i} of {_count} is cut off in the directory");
            }

            string name = Encoding.UTF8.GetString(_bytes + at + EntryBytes, nameLength);
            ByteRange range = ReadEntry(at, name, nameLength, extraLength);
            if (!name.EndsWith('/') && !entries.TryAdd(name, range))
            {
                throw Fault(name, "appears twice");
            }

            at += all;
        }

        return at == _end ? entries : throw Fault($"the directory holds more than the {_count} entries it counts");
    }

    private ByteRange ReadEntry(long at, string name, int nameLength, int extraLength)
    {
        if ((U16(at + 8) & 1) != 0)
        {
            throw Fault(name, "is encrypted");
        }

        if (U16(at + 10) != 0)
        {
            throw Fault(name, "is compressed, which torch.save never does");
        }

        (ulong stored, ulong size, ulong local) = (U32(at + 20), U32(at + 24), U32(at + 42));
        if (stored == uint.MaxValue || size == uint.MaxValue || local == uint.MaxValue)
        {
            Read64(name, at + EntryBytes + nameLength, extraLength, ref size, ref stored, ref local);
        }

        if (stored != size)
        {
            throw Fault(name, $"{size} bytes, of which {stored} are stored");
        }

        // The directory lies behind all entries.
        if (local > (ulong)Math.Max(_begin - LocalBytes, 0) || U32((long)local) != 0x04034b50)
        {
            throw Fault(name, $"does not begin at byte {local}, as the directory says");
        }

        int ownLength = U16((long)local + 26);
        long begin = (long)local + LocalBytes + ownLength + U16((long)local + 28);
        if (begin > _begin || size > (ulong)(_begin - begin))
        {
            throw Fault(name, $"{size} bytes are announced, the file has {Math.Max(_begin - begin, 0)}");
        }

        ReadOnlySpan<byte> own = new(_bytes + local + LocalBytes, ownLength), listed = new(_bytes + at + EntryBytes, nameLength);
        return own.SequenceEqual(listed) ? new ByteRange(begin, (long)size) : throw Fault(name, "bears another name where it lies");
    }

    /// <summary>Replaces the sizes that do not fit 32 bits by those of the extra field 1, which holds just these, in this order.</summary>
    private void Read64(string name, long extra, int extraLength, ref ulong size, ref ulong stored, ref ulong local)
    {
        for (long end = extra + extraLength; extra <= end - 4;)
        {
            int id = U16(extra), length = U16(extra + 2);
            extra += 4;
            if (length > end - extra)
            {
                break;
            }

            if (id == 1)
            {
                long last = extra + length - sizeof(ulong);
                size = Wide(name, size, ref extra, last);
                stored = Wide(name, stored, ref extra, last);
                local = Wide(name, local, ref extra, last);
                return;
            }

            extra += length;
        }

        throw Fault(name, "its 64-bit sizes are missing");
    }

    private ulong Wide(string name, ulong value, ref long at, long last)
    {
        if (value != uint.MaxValue)
        {
            return value;
        }

        ulong wide = at <= last ? U64(at) : throw Fault(name, "its 64-bit sizes are cut off");
        at += sizeof(ulong);
        return wide;
    }

    private ushort U16(long at) => Unsafe.ReadUnaligned<ushort>(_bytes + at);

    private uint U32(long at) => Unsafe.ReadUnaligned<uint>(_bytes + at);

    private ulong U64(long at) => Unsafe.ReadUnaligned<ulong>(_bytes + at);

    private InvalidDataException Fault(string fault) => new($"{_path}: zip: {fault}");

    private InvalidDataException Fault(string name, string fault) => new($"{_path}: zip: entry {OneLine.Quote(name)}: {fault}");
}
