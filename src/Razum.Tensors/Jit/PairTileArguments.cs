using System.Runtime.InteropServices;

namespace Razum.Tensors.Jit;

/// <summary>
/// Tiles of a product of BF16 pairs, one below the other: c[i, j] = (Load ? c[i, j] : 0) + sum over pairs p, ascending, of a[i, p] . b[p, j] for 32 columns j,
/// of which only those with a bit in <see cref="Mask"/> are read and written in C. Steps are in bytes. The layout is what <see cref="PairTile"/> reads.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PairTileArguments
{
    /// <summary>a[0, 0].</summary>
    internal byte* A;

    /// <summary>From row to row of A where A lies by rows; unused where it lies in panels.</summary>
    internal nint ARow;

    /// <summary>A panel: [pairs][32][2].</summary>
    internal byte* B;

    internal nint Pairs;

    /// <summary>c[0, 0], also where the mask leaves that column out.</summary>
    internal float* C;

    /// <summary>From row to row of C.</summary>
    internal nint CRow;

    internal uint Mask;

    internal uint Load;

    /// <summary>Number of tiles, at least 1.</summary>
    internal nint Tiles;

    /// <summary>Where C goes on after these tiles: asked for, as is every next tile, while the one before it is computed. Null where C is not expected far away.</summary>
    internal float* Next;
}
