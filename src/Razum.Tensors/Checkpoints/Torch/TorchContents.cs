using System.Runtime.CompilerServices;

namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>
/// What torch.save put into a mapped file: the pickled value, and where the bytes of its storages lie. Two layouts: a zip archive (<c>ROOT/data.pkl</c>,
/// <c>ROOT/data/KEY</c>), and the stream of torch before 1.6 (five pickles, then length and bytes of every storage).
/// </summary>
internal sealed unsafe class TorchContents
{
    private const string PickleName = "data.pkl";

    private TorchContents(object? root, long pickleLength, Dictionary<string, ByteRange> storages) => (Root, PickleLength, Storages) = (root, pickleLength, storages);

    /// <summary>The number that streams begin with, pickled.</summary>
    private static ReadOnlySpan<byte> StreamMagic => [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    /// <summary>The value; see <see cref="PickleReader"/>.</summary>
    public object? Root { get; }

    /// <summary>Bytes that it was pickled to.</summary>
    public long PickleLength { get; }

    /// <summary>The bytes of the storages, by key.</summary>
    public Dictionary<string, ByteRange> Storages { get; }

    /// <exception cref="InvalidDataException">The file is in neither layout, or damaged.</exception>
    public static TorchContents Read(string path, byte* bytes, long length)
    {
        if (ZipDirectory.IsZip(bytes, length))
        {
            return ReadArchive(path, bytes, length);
        }

        ReadOnlySpan<byte> begin = new(bytes, (int)Math.Min(length, StreamMagic.Length));
        return begin.SequenceEqual(StreamMagic)
            ? ReadStream(path, bytes, length)
            : throw new InvalidDataException($"{path}: neither a zip archive nor a stream as torch.save writes them");
    }

    private static TorchContents ReadArchive(string path, byte* bytes, long length)
    {
        Dictionary<string, ByteRange> entries = ZipDirectory.Read(path, bytes, length);
        string[] pickles = [.. entries.Keys.Where(name => name == PickleName || name.EndsWith("/" + PickleName, StringComparison.Ordinal))];
        if (pickles.Length != 1)
        {
            throw new InvalidDataException($"{path}: zip: {(pickles.Length == 0 ? "no" : "more than one")} entry {PickleName}");
        }

        string root = pickles[0][..^PickleName.Length];
        if (entries.TryGetValue(root + "byteorder", out ByteRange order)
            && !new ReadOnlySpan<byte>(bytes + order.Begin, (int)Math.Min(order.Length, 16)).SequenceEqual("little"u8))
        {
            throw new InvalidDataException($"{path}: {OneLine.Quote(root)}byteorder: only little-endian files are read");
        }

        ByteRange pickle = entries[pickles[0]];
        var cursor = new PickleCursor(path, OneLine.Quote(pickles[0]), bytes + pickle.Begin, pickle.Length);
        object? value = new PickleReader(cursor, length).Read();
        string data = root + "data/";
        Dictionary<string, ByteRange> storages = entries.Where(e => e.Key.StartsWith(data, StringComparison.Ordinal))
            .ToDictionary(e => e.Key[data.Length..], e => e.Value, StringComparer.Ordinal);
        return new TorchContents(value, pickle.Length, storages);
    }

    private static TorchContents ReadStream(string path, byte* bytes, long length)
    {
        var cursor = new PickleCursor(path, "stream", bytes, length);
        cursor.Skip(StreamMagic.Length);
        if (new PickleReader(cursor, length).Read() is not 1001L)
        {
            throw cursor.Fault("another version of the stream than 1001");
        }

        if (new PickleReader(cursor, length).Read() is not PickleMap system || system.Items.Any(i => i.Key == "little_endian" && i.Value is not true))
        {
            throw cursor.Fault("only little-endian streams are read");
        }

        PickleReader reader = new(cursor, length);
        object? root = reader.Read();
        long pickled = cursor.Position;
        if (new PickleReader(cursor, length).Read() is not List<object?> keys || !keys.All(k => k is string))
        {
            throw cursor.Fault("the keys of the storages are missing");
        }

        Dictionary<string, ByteRange> storages = new(StringComparer.Ordinal);
        long at = cursor.Position;
        foreach (string key in keys.Cast<string>())
        {
            long count = at <= length - sizeof(long) ? Unsafe.ReadUnaligned<long>(bytes + at) : -1;
            at += sizeof(long);
            int width = reader.Storages.TryGetValue(key, out TorchStorage? named) ? named.Type.Bits() / 8 : 1; // the stream counts values
            if (count < 0 || count > (length - at) / width || !storages.TryAdd(key, new ByteRange(at, count * width)))
            {
                throw new InvalidDataException($"{path}: storage {OneLine.Quote(key)}: cut off, or there twice");
            }

            at += count * width;
        }

        return at == length ? new TorchContents(root, pickled, storages) : throw new InvalidDataException($"{path}: {length - at} bytes after the last storage");
    }
}
