using Razum.Tensors.Formats;

namespace Razum.Tensors;

/// <summary>What may be known of a <see cref="WeightFormat"/>.</summary>
public static class WeightFormats
{
    /// <summary>The formats that matrices can be quantised to, finest first.</summary>
    public static IReadOnlyList<WeightFormat> Quantised { get; } = [.. BlockFormat.All.Where(f => f.CanQuantize).Select(f => f.Format)];

    /// <summary>Whether neighbouring values are stored together in blocks.</summary>
    public static bool IsBlocks(this WeightFormat format) => BlockFormat.Of(format) is not null;

    /// <summary>Whether products run on bytes, activations rounded to them.</summary>
    public static bool MultipliesBytes(this WeightFormat format) => BlockFormat.Of(format) is { HasTiles: true };

    /// <summary>Neighbours in a row that are stored together; 1 for formats that store every value by itself.</summary>
    public static int BlockSize(this WeightFormat format) => BlockFormat.Of(format)?.Values ?? 1;

    /// <summary>Bits that a value takes in memory, its share of scales included.</summary>
    public static double BitsPerValue(this WeightFormat format) => BlockFormat.Of(format) is { } block
        ? block.HasTiles ? 8.0 * block.TileBytes / (BlockTiles.Lanes * block.Values) : 8.0 * block.Bytes / block.Values
        : 8 * format.ValueBytes();

    /// <summary>Bytes of a value in formats that store every value by itself.</summary>
    internal static int ValueBytes(this WeightFormat format) => format switch
    {
        WeightFormat.F32 => sizeof(float),
        WeightFormat.F8_E4M3 => sizeof(byte),
        _ => sizeof(ushort),
    };

    /// <summary>Whether rows of that many columns are whole blocks.</summary>
    public static bool Fits(this WeightFormat format, int columns) => columns % format.BlockSize() == 0;
}
