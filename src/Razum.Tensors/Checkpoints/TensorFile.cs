using System.IO.MemoryMappedFiles;

namespace Razum.Tensors.Checkpoints;

/// <summary>
/// A file of named tensors, mapped into memory: opening reads only what says where they are, and values are read where they lie. Weights over the mapped
/// bytes keep the file open; dispose only when none is used any more. Damaged files end in <see cref="InvalidDataException"/> with file and fault in one line.
/// </summary>
public abstract unsafe class TensorFile : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _bytes;

    /// <summary>Maps the file. The constructor of the format reads its <see cref="Entries"/>, and disposes on a fault.</summary>
    private protected TensorFile(string path)
    {
        Path = path;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        FileLength = stream.Length;
        if (FileLength == 0)
        {
            return; // nothing to map; the format says what it misses
        }

        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            _view = _file.CreateViewAccessor(0, FileLength, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    // Weights hold the file, not the other way round: when the last is collected without a Dispose, the pages go too.
    ~TensorFile() => Close();

    public string Path { get; }

    /// <summary>All tensors, in the order of the file.</summary>
    public IReadOnlyCollection<TensorEntry> Tensors => Entries.Values;

    private protected long FileLength { get; }

    /// <summary>The first byte of the file; null when it is empty or disposed.</summary>
    private protected byte* FileBytes => _bytes;

    /// <summary>All tensors by name.</summary>
    private protected Dictionary<string, TensorEntry> Entries { get; init; } = [];

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public TensorEntry this[string name] => Find(name) ?? throw new InvalidDataException($"{Path}: tensor {OneLine.Quote(name)} is missing");

    /// <summary>The tensor of that name; null if there is none.</summary>
    public TensorEntry? Find(string name) => Entries.GetValueOrDefault(name);

    /// <summary>The bytes of a tensor, its values in order (little-endian, any alignment). Valid until the file is disposed; below 2 GiB.</summary>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        TensorEntry entry = this[name];
        return new ReadOnlySpan<byte>(Address(entry), checked((int)entry.Length));
    }

    /// <summary>The values as F32, in order. For floating-point types of 16 to 64 bits and all whole numbers.</summary>
    public float[] ReadFloats(string name)
    {
        TensorEntry entry = this[name];
        float[] values = new float[Countable(entry)];
        fixed (float* target = values)
        {
            ElementReader.ToFloats(Path, entry, Address(entry), target);
        }

        return values;
    }

    /// <summary>The values of a tensor of whole numbers; each must fit.</summary>
    public int[] ReadInts(string name)
    {
        long[] wide = ReadLongs(name);
        int[] values = new int[wide.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            values[i] = wide[i] is >= int.MinValue and <= int.MaxValue
                ? (int)wide[i]
                : throw new InvalidDataException($"{Path}: tensor {OneLine.Quote(name)}: value {wide[i]} does not fit 32 bits");
        }

        return values;
    }

    /// <summary>The values of a tensor of whole numbers; U64 must fit 63 bits.</summary>
    public long[] ReadLongs(string name)
    {
        TensorEntry entry = this[name];
        long[] values = new long[Countable(entry)];
        ElementReader.ToLongs(Path, entry, Address(entry), values);
        return values;
    }

    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>Where the values of a tensor lie, one after the other.</summary>
    internal virtual byte* Address(TensorEntry entry)
    {
        ObjectDisposedException.ThrowIf(_bytes == null, this);
        return _bytes + entry.Begin;
    }

    private int Countable(TensorEntry entry) => entry.Count <= Array.MaxLength
        ? (int)entry.Count
        : throw new InvalidDataException($"{Path}: tensor {OneLine.Quote(entry.Name)}: {entry.Count} values do not fit an array");

    private void Close()
    {
        if (_bytes != null)
        {
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
            _bytes = null;
        }

        _view?.Dispose();
        _file?.Dispose();
    }
}
