using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Razum.Training.Tasks;

/// <summary>
/// Sudoku of 4 by 4 cells with one solution: <c>13.4/..31/2..3/.142</c>. The answer has the same form without points; the rules and the clues are checked,
/// not equality with the stored solution.
/// </summary>
internal sealed partial class SudokuTask : ProceduralTask
{
    private static readonly int[] s_pattern = [1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1];

    public override string Name => "sudoku4";

    public override IReadOnlyList<int> Levels { get; } = [6, 8, 10];

    public override TaskProblem Generate(ref TaskRandom random)
    {
        int[] solution = RandomSolution(ref random);
        int[] grid = [.. solution];
        int[] order = [.. Enumerable.Range(0, SmallSudoku.Cells)];
        random.Shuffle<int>(order);
        int goal = random.Next(6, 10);
        int removed = 0;
        foreach (int cell in order)
        {
            if (removed == goal)
            {
                break;
            }

            grid[cell] = 0;
            bool unique = SmallSudoku.CountSolutions(grid, 2) == 1;
            grid[cell] = unique ? 0 : solution[cell];
            removed += unique ? 1 : 0;
        }

        JsonObject truth = new() { ["grid"] = Write(grid), ["answer"] = Write(solution) };
        return new TaskProblem($"sudoku 4x4 {Write(grid)}", Write(solution), truth);
    }

    /// <summary>Empty cells.</summary>
    public override int Size(JsonObject truth) => truth.Text("grid").Count(c => c == '.');

    protected override TaskOutcome CheckAnswer(string answer, JsonObject truth)
    {
        string clues = truth.Text("grid").Replace("/", "", StringComparison.Ordinal);
        if (clues.Length != SmallSudoku.Cells)
        {
            throw new InvalidDataException("truth: field 'grid' has not 16 cells");
        }

        if (!Grid().IsMatch(answer))
        {
            return TaskOutcome.Unparseable;
        }

        string cells = answer.Replace("/", "", StringComparison.Ordinal);
        Span<int> grid = stackalloc int[SmallSudoku.Cells];
        bool keepsClues = true;
        for (int i = 0; i < grid.Length; i++)
        {
            grid[i] = cells[i] - '0';
            keepsClues &= clues[i] == '.' || clues[i] == cells[i];
        }

        return keepsClues && SmallSudoku.IsSolved(grid) ? TaskOutcome.Correct : TaskOutcome.Wrong;
    }

    // The pattern with digits renamed, bands and stacks exchanged, and the rows of one band and the columns of one stack exchanged.
    private static int[] RandomSolution(ref TaskRandom random)
    {
        int[] digits = [1, 2, 3, 4];
        random.Shuffle<int>(digits);
        int[] rows = random.NextDouble() < 0.5 ? [2, 3, 0, 1] : [0, 1, 2, 3];
        if (random.NextDouble() < 0.5)
        {
            (rows[0], rows[1]) = (rows[1], rows[0]);
        }

        int[] columns = random.NextDouble() < 0.5 ? [2, 3, 0, 1] : [0, 1, 2, 3];
        if (random.NextDouble() < 0.5)
        {
            (columns[2], columns[3]) = (columns[3], columns[2]);
        }

        return [.. from y in rows from x in columns select digits[s_pattern[(y * 4) + x] - 1]];
    }

    private static string Write(int[] grid) =>
        string.Join('/', grid.Chunk(4).Select(row => string.Concat(row.Select(v => v == 0 ? '.' : (char)('0' + v)))));

    [GeneratedRegex(@"^[1-4]{4}(?:/[1-4]{4}){3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Grid();
}
