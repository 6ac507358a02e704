using System.IO.MemoryMappedFiles;

namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>
/// One GGUF file, mapped into memory: opening reads the header only, and values are read where they lie. Weights over the mapped bytes keep the file open;
/// dispose only when none is used any more. Damaged files end in <see cref="InvalidDataException"/> with file and fault in one line.
/// </summary>
public sealed unsafe class GgufFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly GgufHeader _header;
    private byte* _bytes;

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="InvalidDataException">It is not a sound GGUF file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public GgufFile(string path)
    {
        Path = path;
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        long length = stream.Length;
        if (length == 0)
        {
            GC.SuppressFinalize(this);
            throw new InvalidDataException($"{path}: the file is empty, not a GGUF file");
        }

        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
            _header = GgufHeader.Parse(path, _bytes, length);
        }
        catch
        {
            Close();
            GC.SuppressFinalize(this);
            throw;
        }
    }

    // Weights hold the file, not the other way round: when the last is collected without a Dispose, the pages go too.
    ~GgufFile() => Close();

    public string Path { get; }

    /// <summary>2 or 3; they differ in nothing that is read here.</summary>
    public int Version => _header.Version;

    /// <summary>Tensors begin at multiples of it.</summary>
    public int Alignment => _header.Alignment;

    /// <summary>Everything the file says of itself, in its order.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata => _header.Metadata;

    /// <summary>All tensors, in the order of the file.</summary>
    public IReadOnlyCollection<GgufTensor> Tensors => _header.Tensors.Values;

    /// <summary>The tensor of that name; null if there is none.</summary>
    public GgufTensor? Find(string name) => _header.Tensors.GetValueOrDefault(name);

    /// <summary>The bytes of a tensor as they lie in the file. Valid until the file is disposed; below 2 GiB.</summary>
    public ReadOnlySpan<byte> Bytes(GgufTensor tensor) => new(Address(tensor), checked((int)tensor.Length));

    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>Where the bytes of a tensor lie.</summary>
    internal byte* Address(GgufTensor tensor)
    {
        ObjectDisposedException.ThrowIf(_bytes == null, this);
        return _bytes + tensor.Begin;
    }

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
