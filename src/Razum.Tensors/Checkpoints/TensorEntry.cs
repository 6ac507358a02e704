namespace Razum.Tensors.Checkpoints;

/// <summary>One tensor of a safetensors file. The reader has checked that the byte range lies in the file and holds exactly the values of the shape.</summary>
public sealed record TensorEntry
{
    public required string Name { get; init; }

    public required ElementType Type { get; init; }

    /// <summary>Sizes, slowest first; empty for a single value. A size may be 0.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>Number of values: the product of the sizes.</summary>
    public required long Count { get; init; }

    /// <summary>First byte, from the beginning of the file.</summary>
    public required long Begin { get; init; }

    /// <summary>Number of bytes.</summary>
    public required long Length { get; init; }
}
