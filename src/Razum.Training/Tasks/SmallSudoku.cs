namespace Razum.Training.Tasks;

/// <summary>The rules of sudoku on a grid of 4 by 4 cells, row after row, 0 = empty.</summary>
internal static class SmallSudoku
{
    public const int Cells = 16;

    /// <summary>Whether every row, column and box holds 1 to 4 once each.</summary>
    public static bool IsSolved(ReadOnlySpan<int> grid)
    {
        for (int i = 0; i < Cells; i++)
        {
            if (grid[i] is < 1 or > 4 || !Allows(grid, i, grid[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How many solutions the clues leave; counts no further than <paramref name="limit"/>. The grid is as before on return.</summary>
    public static int CountSolutions(Span<int> grid, int limit)
    {
        int cell = grid.IndexOf(0);
        if (cell < 0)
        {
            return 1;
        }

        int count = 0;
        for (int value = 1; value <= 4 && count < limit; value++)
        {
            if (Allows(grid, cell, value))
            {
                grid[cell] = value;
                count += CountSolutions(grid, limit - count);
                grid[cell] = 0;
            }
        }

        return count;
    }

    /// <summary>The digits that an empty cell may hold.</summary>
    public static List<int> Candidates(int[] grid, int cell)
    {
        List<int> digits = [];
        for (int value = 1; value <= 4; value++)
        {
            if (Allows(grid, cell, value))
            {
                digits.Add(value);
            }
        }

        return digits;
    }

    /// <summary>The cells of the row, of the column and of the box of a cell.</summary>
    public static int[][] Units(int cell) =>
    [
        [.. Enumerable.Range(0, 4).Select(i => Places(cell, i).Row)],
        [.. Enumerable.Range(0, 4).Select(i => Places(cell, i).Column)],
        [.. Enumerable.Range(0, 4).Select(i => Places(cell, i).Box)],
    ];

    // Cell i of the row, of the column and of the box of a cell.
    private static (int Row, int Column, int Box) Places(int cell, int i)
    {
        (int row, int column) = (cell / 4, cell % 4);
        return ((row * 4) + i, (i * 4) + column, (((row / 2 * 2) + (i / 2)) * 4) + (column / 2 * 2) + (i % 2));
    }

    // Whether no OTHER cell of the row, the column and the box of the cell holds the value.
    private static bool Allows(ReadOnlySpan<int> grid, int cell, int value)
    {
        for (int i = 0; i < 4; i++)
        {
            (int inRow, int inColumn, int inBox) = Places(cell, i);
            if ((inRow != cell && grid[inRow] == value) || (inColumn != cell && grid[inColumn] == value) || (inBox != cell && grid[inBox] == value))
            {
                return false;
            }
        }

        return true;
    }
}
