using Razum.Tensors.Jit;
using Razum.Tensors.Kernels.MatMul;

namespace Razum.Tensors.Kernels.BFloat16;

/// <summary>
/// How a result of rows by columns is cut into pieces for threads: blocks of rows by groups of panels, small enough for the second-level cache. Few rows:
/// ranges of panels that a thread reads as one stream. Results do not depend on the cut.
/// </summary>
internal readonly struct PairPieces
{
    private const int PiecesPerThread = 6;
    private const int MostPanels = 8;
    private const long SmallestWork = 1 << 18;

    private readonly int _rows;
    private readonly int _columns;
    private readonly int _rowStep;
    private readonly int _columnStep;
    private readonly int _rowPieces;

    /// <param name="align">Blocks begin at multiples of so many rows.</param>
    internal PairPieces(int rows, int columns, int depth, int threads, int align = PairTile.MaxRows)
    {
        (_rows, _columns) = (rows, columns);
        long work = (long)rows * columns * Math.Max(1, depth);
        int wanted = threads == 1 ? 1 : (int)Math.Clamp(work / SmallestWork, 1, PiecesPerThread * threads);
        int panels = Panel.Count(columns);
        int rowPieces = (rows + PairProduct.MaxRows - 1) / PairProduct.MaxRows;
        int groups = Math.Max(1, Math.Min(panels, (wanted + rowPieces - 1) / Math.Max(1, rowPieces)));
        if (rows > PairTile.MaxRows)
        {
            groups = Math.Max(groups, (panels + MostPanels - 1) / MostPanels);
            rowPieces = Math.Max(rowPieces, Math.Min((rows + align - 1) / align, (wanted + groups - 1) / groups));
        }

        int step = (rows + Math.Max(1, rowPieces) - 1) / Math.Max(1, rowPieces);
        _rowStep = Math.Max(align, (step + align - 1) / align * align);
        _rowPieces = (rows + _rowStep - 1) / _rowStep;
        _columnStep = (panels + groups - 1) / groups * Panel.Width;
        Count = rows == 0 ? 0 : (columns + _columnStep - 1) / _columnStep * _rowPieces;
    }

    /// <summary>Number of pieces.</summary>
    internal int Count { get; }

    /// <summary>The rows and columns of piece <paramref name="index"/>.</summary>
    internal void Get(int index, out int row, out int rows, out int column, out int columnEnd)
    {
        row = index % _rowPieces * _rowStep;
        rows = Math.Min(_rowStep, _rows - row);
        column = index / _rowPieces * _columnStep;
        columnEnd = Math.Min(column + _columnStep, _columns);
    }
}
