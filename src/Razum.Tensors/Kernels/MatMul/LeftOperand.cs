using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>
/// Where the left operand's values lie: a[i, k] = *(Data + i / 12 * Tile + i % 12 * Row + k * Step), steps in bytes.
/// Read in place along its rows; a transposed one is copied, block by block, to tiles [depth][12] that a micro-kernel reads in one stream.
/// </summary>
internal readonly unsafe struct LeftOperand
{
    /// <summary>Rows of a tile.</summary>
    internal const int TileRows = 12;

    private LeftOperand(byte* data, nint tile, nint row, nint step)
    {
        Data = data;
        Tile = tile;
        Row = row;
        Step = step;
    }

    internal byte* Data { get; }

    internal nint Tile { get; }

    internal nint Row { get; }

    internal nint Step { get; }

    /// <summary>Whether neighbouring rows, not neighbouring contraction indices, lie next to each other.</summary>
    internal bool IsTransposed => Step != sizeof(float);

    /// <summary>A matrix stored by rows, <paramref name="stride"/> values apart.</summary>
    internal static LeftOperand Rows(float* data, nint stride) =>
        new((byte*)data, TileRows * stride * sizeof(float), stride * sizeof(float), sizeof(float));

    /// <summary>The transpose of a matrix stored by rows.</summary>
    internal static LeftOperand Columns(float* data, nint stride) => new((byte*)data, TileRows * sizeof(float), sizeof(float), stride * sizeof(float));

    /// <summary>
    /// The operand from row <paramref name="row"/> and contraction index <paramref name="depth"/> on; of tiles only whole ones can be left out.
    /// </summary>
    internal LeftOperand From(int row, int depth) => new(At(row) + (depth * Step), Tile, Row, Step);

    /// <summary>Address of row <paramref name="row"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* At(int row) => Data + (row / TileRows * Tile) + (row % TileRows * Row);

    /// <summary>The same values copied to tiles in <paramref name="memory"/>, which holds <paramref name="rows"/>, rounded up to tiles, times depth values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal LeftOperand Copy(int rows, int depth, float* memory)
    {
        // Row by row of the transposed matrix: what lies together is read together.
        byte* line = Data;
        int whole = rows / TileRows * TileRows;
        for (int k = 0; k < depth; k++, line += Step)
        {
            float* s = (float*)line;
            float* target = memory + ((nint)k * TileRows);
            for (int first = 0; first < whole; first += TileRows, s += TileRows, target += (nint)depth * TileRows)
            {
                Vector128.Store(Vector128.Load(s), target);
                Vector128.Store(Vector128.Load(s + 4), target + 4);
                Vector128.Store(Vector128.Load(s + 8), target + 8);
            }

            for (int i = 0; i < rows - whole; i++)
            {
                target[i] = s[i];
            }
        }

        return new LeftOperand((byte*)memory, (nint)depth * TileRows * sizeof(float), sizeof(float), TileRows * sizeof(float));
    }
}
