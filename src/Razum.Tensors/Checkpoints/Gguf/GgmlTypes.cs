using Razum.Tensors.Formats;

namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>What may be known of a <see cref="GgmlType"/>. Types of weights have the names of their <see cref="WeightFormat"/>.</summary>
public static class GgmlTypes
{
    /// <summary>Whether the type is known, and not one of those that were removed from the format.</summary>
    public static bool IsKnown(this GgmlType type) => Enum.IsDefined(type);

    /// <summary>The format of weights of that type; null for types that only other data has.</summary>
    public static WeightFormat? Format(this GgmlType type) => Enum.TryParse(type.ToString(), out WeightFormat format) ? format : null;

    /// <summary>The type of weights in that format; null for formats that GGUF has not.</summary>
    public static GgmlType? GgmlType(this WeightFormat format) => Enum.TryParse(format.ToString(), out GgmlType type) ? type : null;

    /// <summary>Values that are stored together.</summary>
    public static int BlockSize(this GgmlType type) => Block(type).Values;

    /// <summary>Bytes of so many values stored together.</summary>
    public static int BlockBytes(this GgmlType type) => Block(type).Bytes;

    private static (int Values, int Bytes) Block(GgmlType type) => type switch
    {
        Gguf.GgmlType.F32 or Gguf.GgmlType.I32 => (1, 4),
        Gguf.GgmlType.F16 or Gguf.GgmlType.BF16 or Gguf.GgmlType.I16 => (1, 2),
        Gguf.GgmlType.F64 or Gguf.GgmlType.I64 => (1, 8),
        Gguf.GgmlType.I8 => (1, 1),
        Gguf.GgmlType.Q8_1 => (32, 36), // rounded activations, in no model
        Gguf.GgmlType.Q8_K => (256, 292),
        _ => type.Format() is { } format && BlockFormat.Of(format) is { } row
            ? (row.Values, row.Bytes)
            : throw new ArgumentOutOfRangeException(nameof(type), type, "no such type"),
    };
}
