namespace Razum.Tensors.Checkpoints;

/// <summary>One safetensors file: a length, a header in JSON, and the values.</summary>
public sealed unsafe class SafetensorsFile : TensorFile
{
    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="InvalidDataException">It is not a sound safetensors file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SafetensorsFile(string path)
        : base(path)
    {
        try
        {
            const int Prefix = SafetensorsHeader.LengthBytes;
            int length = SafetensorsHeader.ReadLength(path, new ReadOnlySpan<byte>(FileBytes, (int)Math.Min(FileLength, Prefix)), FileLength);
            SafetensorsHeader header = SafetensorsHeader.Parse(path, new ReadOnlySpan<byte>(FileBytes + Prefix, length), FileLength);
            Entries = header.Tensors;
            Metadata = header.Metadata;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The free text of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }
}
