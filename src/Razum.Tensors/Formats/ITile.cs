using Razum.Tensors.Simd;

namespace Razum.Tensors.Formats;

/// <summary>
/// A block format with products on integers: its values also as tiles, the same bytes in the order in which products read them. A tile is one block of
/// each of 32 neighbouring rows; it consists of parts of 32 values a row, in which four values of one row lie side by side and the 32 rows follow each
/// other: pair p of part s holds values [32 s + 8 p, + 8) of every row.
/// </summary>
internal unsafe interface ITile : IQuantizer
{
    /// <summary>Bytes of a tile: a multiple of 64.</summary>
    static abstract int TileBytes { get; }

    /// <summary>Whether a value is scale * weight - minimum; else it is scale * (weight - 128).</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>Whether two weights share a byte; else each has its own.</summary>
    static abstract bool HasNibbles { get; }

    /// <summary>Whether scales are F32, in every part (without minima only); else they are F16, in every tile.</summary>
    static abstract bool HasFloatScales { get; }

    /// <summary>Scales of a part: 1, or 2 for its halves (without minima only).</summary>
    static abstract int Runs { get; }

    /// <summary>Puts a block into row <paramref name="lane"/> of a tile.</summary>
    static abstract void Pack(byte* block, int lane, byte* tile);

    /// <summary>The 32 values of part <paramref name="part"/> of row <paramref name="lane"/>: those of <see cref="IBlock.Dequantize"/>.</summary>
    static abstract void Unpack(byte* tile, int part, int lane, float* target);

    /// <summary>Scales of a part, or of a half of one (<see cref="Runs"/>), rows from <paramref name="lane"/> on.</summary>
    static abstract V Scale<S, V>(byte* tile, int run, int lane)
        where S : struct, ISimd<V>
        where V : struct;

    /// <summary>Minima of a part, rows from <paramref name="lane"/> on.</summary>
    static abstract V Minimum<S, V>(byte* tile, int part, int lane)
        where S : struct, ISimd<V>
        where V : struct;

    /// <summary>The first four weights of a pair, unsigned bytes, rows from <paramref name="lane"/> on.</summary>
    static abstract V First<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct;

    /// <summary>The second four weights of a pair.</summary>
    static abstract V Second<S, V>(byte* tile, int part, int pair, int lane)
        where S : struct, ISimd<V>
        where V : struct;
}
