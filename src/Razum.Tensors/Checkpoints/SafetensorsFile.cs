using System.IO.MemoryMappedFiles;

namespace Razum.Tensors.Checkpoints;

/// <summary>
/// One safetensors file, mapped into memory: opening reads the header only, and values are read where they lie. Weights over the mapped bytes keep
/// the file open; dispose only when none is used any more. Damaged files end in <see cref="InvalidDataException"/> with file and fault in one line.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<string, TensorEntry> _tensors;
    private byte* _bytes;

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="InvalidDataException">It is not a sound safetensors file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SafetensorsFile(string path)
    {
        Path = path;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        long length = stream.Length;
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.LengthBytes];
        int headerLength = SafetensorsHeader.ReadLength(path, prefix[..stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false)], length);
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
            SafetensorsHeader header = SafetensorsHeader.Parse(path, new ReadOnlySpan<byte>(_bytes + prefix.Length, headerLength), length);
            _tensors = header.Tensors;
            Metadata = header.Metadata;
        }
        catch
        {
            Close();
            GC.SuppressFinalize(this);
            throw;
        }
    }

    // Weights hold the file, not the other way round: when the last is collected without a Dispose, the pages go too.
    ~SafetensorsFile() => Close();

    public string Path { get; }

    /// <summary>All tensors, in the order of the header.</summary>
    public IReadOnlyCollection<TensorEntry> Tensors => _tensors.Values;

    /// <summary>The free text of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public TensorEntry this[string name] => Find(name) ?? throw new InvalidDataException($"{Path}: tensor {OneLine.Quote(name)} is missing");

    /// <summary>The tensor of that name; null if there is none.</summary>
    public TensorEntry? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>The bytes of a tensor as they lie in the file (little-endian, any alignment). Valid until the file is disposed; below 2 GiB.</summary>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        TensorEntry entry = this[name];
        return new ReadOnlySpan<byte>(Address(entry), checked((int)entry.Length));
    }

    /// <summary>The values as F32, in the order of the file. For floating-point types of 16 to 64 bits and all whole numbers.</summary>
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

    /// <summary>Where the bytes of a tensor lie.</summary>
    internal byte* Address(TensorEntry entry)
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
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _bytes = null;
        }

        _view?.Dispose();
        _file?.Dispose();
    }
}
