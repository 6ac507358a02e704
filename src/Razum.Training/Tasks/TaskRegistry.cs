namespace Razum.Training.Tasks;

/// <summary>All procedural tasks, by name.</summary>
public static class TaskRegistry
{
    /// <summary>Every task, in a fixed order.</summary>
    public static IReadOnlyList<ProceduralTask> All { get; } =
    [
        new ChainTask(),
        new AdditionTask(),
        new MultiplicationTask(),
        new GreatestCommonDivisorTask(),
        new ModularTask(),
        new FractionTask(),
        new SortingTask(),
        new ReversingTask(),
        new CountLettersTask(),
        new BaseConversionTask(),
        new ParityTask(),
        new LinearTask(),
        new CountdownTask(3, 99),
        new CountdownTask(4, 50),
        new PropositionalTask(),
        new KnightsTask(),
        new WordProblemTask(),
        new SudokuTask(),
        new DateTimeTask(),
    ];

    /// <summary>The task called <paramref name="name"/>.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static ProceduralTask Get(string name) =>
        All.FirstOrDefault(t => t.Name == name)
        ?? throw new ArgumentException($"unknown task '{name}'; known: {string.Join(", ", All.Select(t => t.Name))}", nameof(name));
}
