using System.Text;
using System.Text.Json.Nodes;
using Razum.Training.Tasks;

namespace Razum.Training.Data.Traces;

/// <summary>
/// Cell after cell (row a-d, column 1-4): what its row, column and box hold, and the digit that is left: <c>a3:124=3</c>. Always the first cell that has
/// one digit left; where there is none, the first cell that alone in its row, column or box can hold a digit: <c>b2!4</c>.
/// </summary>
internal static class SudokuTrace
{
    public static string Write(JsonObject truth)
    {
        int[] grid = [.. truth.Text("grid").Where(c => c != '/').Select(c => c == '.' ? 0 : c - '0')];
        int[] solution = [.. truth.Answer().Where(c => c != '/').Select(c => c - '0')];
        if (grid.Length != SmallSudoku.Cells || solution.Length != SmallSudoku.Cells)
        {
            throw new InvalidDataException("truth: fields 'grid' and 'answer' have not 16 cells");
        }

        StringBuilder trace = new();
        while (grid.Contains(0))
        {
            int cell = FirstOrNone(grid, c => SmallSudoku.Candidates(grid, c).Count == 1);
            bool isSingle = cell >= 0;
            cell = isSingle ? cell : FirstOrNone(grid, c => IsOnlyPlace(grid, c, solution[c]));
            cell = cell >= 0 ? cell : Array.IndexOf(grid, 0);
            string seen = string.Concat(Enumerable.Range(1, 4).Except(SmallSudoku.Candidates(grid, cell)));
            grid[cell] = solution[cell];
            trace.Append(trace.Length > 0 ? ";" : "").Append((char)('a' + (cell / 4))).Append(1 + (cell % 4));
            _ = isSingle ? trace.Append(':').Append(seen).Append('=') : trace.Append('!');
            trace.Append(grid[cell]);
        }

        return trace.ToString();
    }

    private static int FirstOrNone(int[] grid, Func<int, bool> fits)
    {
        for (int cell = 0; cell < grid.Length; cell++)
        {
            if (grid[cell] == 0 && fits(cell))
            {
                return cell;
            }
        }

        return -1;
    }

    // Whether in one of its units no other empty cell can hold the digit.
    private static bool IsOnlyPlace(int[] grid, int cell, int digit) => SmallSudoku.Units(cell).Any(unit =>
        unit.All(other => other == cell || grid[other] != 0 || !SmallSudoku.Candidates(grid, other).Contains(digit)));
}
