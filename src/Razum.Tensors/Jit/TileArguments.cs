using System.Runtime.InteropServices;
using Razum.Tensors.Kernels.MatMul;

namespace Razum.Tensors.Jit;

/// <summary>
/// What a kernel of <see cref="TileCode{F}"/> is called with: the first of <see cref="Steps"/> blocks of rows by one panel, and the bytes from one to the next.
/// All fields have eight bytes, in this order.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileArguments
{
    internal ActivationBlock* X;
    internal nint XRow;
    internal byte* Tile;
    internal nint Tiles;
    internal float* C;
    internal nint CRow;
    internal nint Load;
    internal nint Steps;
    internal nint XStep;
    internal nint TileStep;
    internal nint CStep;

    /// <summary>Bytes from a tile to what follows the tiles of this call in memory, for kernels that read ahead.</summary>
    internal nint Ahead;
}
