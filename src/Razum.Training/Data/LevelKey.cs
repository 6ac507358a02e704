using System.Globalization;
using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>A level of difficulty of a procedural task, as the pass rates name it: <c>gcd level 1</c>.</summary>
/// <param name="Task">The task.</param>
/// <param name="Level">From 0.</param>
internal readonly record struct LevelKey(string Task, int Level)
{
    private const string Word = " level ";

    /// <summary>The level that a problem belongs to.</summary>
    public static LevelKey Of(ProceduralTask task, TaskProblem problem) => new(task.Name, task.LevelOf(problem.Truth));

    /// <summary>The level of that name; null when it is none.</summary>
    public static LevelKey? Parse(string text) =>
        text.Split(Word) is [{ Length: > 0 } task, var level]
        && TaskRegistry.All.Any(t => t.Name == task) && int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? new LevelKey(task, number)
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Task}{Word}{Level}");
}
