using Razum.Tensors.Formats;

namespace Razum.Tensors;

/// <summary>What may be known of a <see cref="WeightFormat"/>.</summary>
public static class WeightFormats
{
    /// <summary>The formats that matrices can be quantised to, finest first.</summary>
    public static IReadOnlyList<WeightFormat> Quantised { get; } = [.. BlockFormat.All.Select(f => f.Format)];

    /// <summary>Values that are stored together; 1 for F32 and BF16.</summary>
    public static int BlockSize(this WeightFormat format) => BlockFormat.Of(format)?.Values ?? 1;

    /// <summary>Bits that a value takes in memory, its share of scales included.</summary>
    public static double BitsPerValue(this WeightFormat format) => BlockFormat.Of(format) is { } block
        ? 8.0 * block.TileBytes / (BlockTiles.Lanes * block.Values)
        : format == WeightFormat.F32 ? 32 : 16;

    /// <summary>Whether rows of that many columns are whole blocks.</summary>
    public static bool Fits(this WeightFormat format, int columns) => columns % format.BlockSize() == 0;
}
