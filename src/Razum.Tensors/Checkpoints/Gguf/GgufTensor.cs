namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>One tensor of a GGUF file. The reader has checked that its bytes lie in the file and hold exactly the values of the shape.</summary>
public sealed record GgufTensor
{
    public required string Name { get; init; }

    public required GgmlType Type { get; init; }

    /// <summary>Sizes as in the file, fastest first: at most four, none below 0; empty for a single value.</summary>
    public required IReadOnlyList<long> Dims { get; init; }

    /// <summary>Number of values.</summary>
    public required long Count { get; init; }

    /// <summary>First byte, from the beginning of the file.</summary>
    public required long Begin { get; init; }

    /// <summary>Number of bytes.</summary>
    public required long Length { get; init; }

    /// <summary>Sizes, slowest first, without those of 1 that follow the first two in the file.</summary>
    public IReadOnlyList<long> Shape => [.. Dims.Reverse()];
}
