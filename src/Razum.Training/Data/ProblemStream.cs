using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>
/// Problems to reinforce or to sample from, without end: problem i is a function of (seed, i) alone, drawn from families by weight, at a level of difficulty,
/// in varied wording. No problem kept for evaluation is ever among them, and the stream is none of those that supervised examples draw from.
/// </summary>
public sealed class ProblemStream
{
    private const ulong Stream = 0x726f6c6c; // "roll": apart from every other stream

    private readonly ulong _seed;
    private readonly int? _level;
    private readonly (ProceduralTask Task, double Below)[] _shares;

    /// <param name="seed">Fixes all problems.</param>
    /// <param name="weights">Names of tasks and how often each is drawn, relative to the others; empty for all tasks alike.</param>
    /// <param name="level">Level of difficulty of all problems (each task's last where it has fewer); null for whole distributions.</param>
    /// <exception cref="ArgumentException">A task is unknown or a weight is none.</exception>
    public ProblemStream(ulong seed, IReadOnlyDictionary<string, double> weights, int? level = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (level < 0)
        {
            throw new ArgumentException($"a level of {level} means nothing; levels begin at 0");
        }

        weights = weights.Count > 0 ? weights : TaskRegistry.All.ToDictionary(t => t.Name, _ => 1.0);
        if (weights.FirstOrDefault(w => !double.IsFinite(w.Value) || w.Value < 0) is { Key: not null } bad)
        {
            throw new ArgumentException($"weight {bad.Value} of '{bad.Key}': weights are not negative");
        }

        double total = weights.Values.Sum();
        if (!(total > 0))
        {
            throw new ArgumentException("the weights of all families are zero");
        }

        // In alphabetical order, so that the order of a dictionary does not matter. The last share is the rest: rounding leaves no gap.
        double sum = 0;
        (_seed, _level) = (seed, level);
        _shares = [.. weights.Where(w => w.Value > 0).OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => (TaskRegistry.Get(w.Key), sum += w.Value / total))];
        _shares[^1].Below = 1;
    }

    /// <summary>Problem <paramref name="index"/>.</summary>
    /// <param name="index">From 0, without end.</param>
    /// <param name="levelOf">Level of difficulty of a task, in place of the stream's own; null for that.</param>
    public AskedProblem Get(long index, Func<ProceduralTask, int>? levelOf = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        TaskRandom random = new(_seed, Stream, (ulong)index);
        double draw = random.NextDouble();
        ProceduralTask task = _shares.First(s => draw < s.Below).Task;
        int? chosen = levelOf?.Invoke(task) ?? _level;
        TaskProblem problem;
        do
        {
            problem = chosen is { } level ? task.Generate(ref random, Math.Min(level, task.Levels.Count - 1)) : task.Generate(ref random);
        }
        while (ProblemKey.IsHeldOut(task.Name, problem));

        return new AskedProblem(task, problem, ProblemWording.Ask(task.Name, problem, ref random), ProblemKey.Text(task.Name, problem));
    }
}
