using System.Runtime.Intrinsics;

namespace Razum.Tensors.Formats;

/// <summary>
/// A block format with products on integers: what <see cref="Tile{F}"/> needs to lay its blocks out for them. Values come in parts of 32, each with codes of a
/// few bits. A code stands for an unsigned byte: itself, or what a codebook has in its place.
/// </summary>
internal unsafe interface ITiledBlock : IQuantizer
{
    /// <summary>
    /// Bits of a code in tiles: 4, two codes to a byte; 6, two lower halves to a byte and four times the two upper bits to another; 8, a byte of its own.
    /// </summary>
    static abstract int CodeBits { get; }

    /// <summary>Whether a value is d s byte - dmin m; else it is d s (byte - <see cref="Excess"/>).</summary>
    static virtual bool HasMinimum => false;

    /// <summary>What bytes have too much, without minima: a power of two up to 128.</summary>
    static virtual int Excess => 0;

    /// <summary>Scales s of a part: 1, or 2 for its halves (without minima only).</summary>
    static virtual int Runs => 1;

    /// <summary>Whether d is F32 (blocks of one part without minima only); else it is F16.</summary>
    static virtual bool HasFloatStep => false;

    /// <summary>Whether codes, of four bits, stand for bytes of <see cref="Codebook"/>.</summary>
    static virtual bool HasCodebook => false;

    static virtual Vector128<byte> Codebook => default;

    /// <summary>d and dmin of a block: their bits.</summary>
    static abstract (uint D, ushort Dmin) Steps(byte* block);

    /// <summary>The 32 codes of a part.</summary>
    static abstract Vector256<byte> Codes(byte* block, int part);

    /// <summary>The scales of a part, or its scale and its m; not asked for where blocks have one part, whose s and m are 1.</summary>
    static virtual (sbyte First, sbyte Second) Scales(byte* block, int part) => (1, 1);
}
