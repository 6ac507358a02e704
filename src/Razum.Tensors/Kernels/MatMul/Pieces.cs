namespace Razum.Tensors.Kernels.MatMul;

/// <summary>
/// How a result of rows by columns is cut into pieces for threads: whole panels of columns by blocks of rows. Neighbouring pieces share their columns,
/// so that the same part of B stays in the caches. Results do not depend on the cut.
/// </summary>
internal readonly struct Pieces
{
    /// <summary>Columns of a piece at most.</summary>
    internal const int MaxColumns = 4 * Panel.Width;

    private const int PiecesPerThread = 8;
    private const int FewestRows = 96;
    private const int FewestWideRows = 48;
    private const int FewestRowsAtAll = 24;

    /// <summary>Partial sums of a piece stay in the second-level cache between two blocks of the contraction.</summary>
    private const int MostRows = 384;
    private const long SmallestWork = 1 << 17;

    private readonly int _rows;
    private readonly int _columns;
    private readonly int _rowStep;
    private readonly int _columnStep;
    private readonly int _rowPieces;

    internal Pieces(int rows, int columns, int depth, int threads)
        : this(rows, columns, depth, threads, MaxColumns, FewestRows)
    {
    }

    private Pieces(int rows, int columns, int depth, int threads, int mostColumns, int fewestRows)
    {
        _rows = rows;
        _columns = columns;
        long work = (long)rows * columns * Math.Max(1, depth);
        int wanted = threads == 1 ? 1 : (int)Math.Clamp(work / SmallestWork, 1, PiecesPerThread * threads);
        int panels = Panel.Count(columns);
        int group = Math.Min(panels, mostColumns / Panel.Width);
        int groups = (panels + group - 1) / group;
        int split = Math.Clamp((wanted + groups - 1) / groups, 1, Math.Max(1, rows / fewestRows));
        split = Math.Max(split, (rows + MostRows - 1) / MostRows);
        _rowStep = Math.Max(12, ((rows + split - 1) / split + 11) / 12 * 12);
        _rowPieces = (rows + _rowStep - 1) / _rowStep;
        while (group > 1 && groups * _rowPieces < wanted)
        {
            group--;
            groups = (panels + group - 1) / group;
        }

        // Few rows and columns: pieces of fewer rows, so that no thread waits long for another one's last.
        while (groups * _rowPieces < wanted && _rowStep >= 2 * FewestRowsAtAll)
        {
            _rowStep = ((_rowStep / 2) + 11) / 12 * 12;
            _rowPieces = (rows + _rowStep - 1) / _rowStep;
        }

        _columnStep = group * Panel.Width;
        Count = rows == 0 ? 0 : groups * _rowPieces;
    }

    /// <summary>
    /// Pieces for a transposed left operand and a right one whose panels exist: as wide as the result, so that every tile of the left operand is copied once.
    /// </summary>
    internal static Pieces Wide(int rows, int columns, int depth, int threads) =>
        new(rows, columns, depth, threads, int.MaxValue, FewestWideRows);

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
