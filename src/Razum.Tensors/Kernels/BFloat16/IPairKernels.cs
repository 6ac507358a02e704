using Razum.Tensors.Jit;

namespace Razum.Tensors.Kernels.BFloat16;

/// <summary>
/// The inner loops of BF16 products. Machine code and portable code give the same bits: that of <c>vdpbf16ps</c> and <c>vcvtneps2bf16</c>.
/// Values of BF16 operands are never denormal: rounding and packing make zeros of them.
/// </summary>
internal unsafe interface IPairKernels
{
    /// <summary>Tiles of <paramref name="rows"/> rows (1 to 12); A by rows or in panels. The arguments' count of tiles is used up.</summary>
    static abstract void Tile(int rows, bool inPanels, PairTileArguments* arguments);

    /// <summary>1 to 3 rows and 4 panels at once, without a mask; the arguments' count of tiles is the number of bytes from panel to panel.</summary>
    static abstract void FourPanels(int rows, PairTileArguments* arguments);

    /// <summary>Rounds <paramref name="count"/> values to BF16, and adds zeros up to a multiple of 32.</summary>
    static abstract void Round(float* source, int count, ushort* target);

    /// <summary>target[p][j] = (even[p, j], odd[p, j]) for 32 columns j; from pair to pair of rows <paramref name="step"/> bytes.</summary>
    static abstract void Interleave(ushort* even, ushort* odd, nint step, int pairs, byte* target);
}
