using System.Globalization;
using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Training.Data;

/// <summary>
/// Fresh problems of the procedural tasks, in a mixture. Problems held out for evaluation (<see cref="ProblemKey"/>) are never drawn for training, whatever
/// their wording; the evaluation part takes the families in turn.
/// </summary>
public sealed class TaskProblems : ProblemSource
{
    private const ulong TrainStream = 0x7461736b; // "task": apart from the streams of examples
    private const ulong HeldOutStream = 0x68656c64; // "held"

    private readonly int _seed;
    private readonly bool _varied;
    private readonly (string Name, double Below)[] _shares;

    /// <param name="seed">Fixes all problems.</param>
    /// <param name="families">Names of tasks with their weights.</param>
    /// <param name="varied">Whether problems are asked in other words than the task's own, too.</param>
    /// <exception cref="ArgumentException">A task is unknown, or no weight is above 0.</exception>
    public TaskProblems(int seed, IReadOnlyDictionary<string, double> families, bool varied)
    {
        (_seed, _varied) = (seed, varied);
        double total = families.Values.Sum();
        if (!(total > 0))
        {
            throw new ArgumentException("no family of problems has a weight above 0", nameof(families));
        }

        double sum = 0;
        _shares = [.. families.Where(f => f.Value > 0).OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => (TaskRegistry.Get(f.Key).Name, sum += f.Value / total))];
        _shares[^1].Below = 1;
    }

    public override string Fingerprint =>
        $"problems 1 {_seed} {(_varied ? "varied" : "plain")} {string.Join(' ', _shares.Select(s => $"{s.Name} {s.Below.ToString("R", CultureInfo.InvariantCulture)}"))}";

    public override Problem Get(Split split, long index)
    {
        bool trains = split == Split.Train;
        TaskRandom random = new((ulong)_seed, trains ? TrainStream : HeldOutStream, (ulong)index);
        double draw = random.NextDouble();
        string family = trains ? _shares.First(s => draw < s.Below).Name : _shares[index % _shares.Length].Name;
        ProceduralTask task = TaskRegistry.Get(family);
        TaskProblem problem = task.Generate(ref random);
        while (ProblemKey.IsHeldOut(family, problem.Truth) == trains)
        {
            problem = task.Generate(ref random);
        }

        string prompt = _varied ? ProblemWording.Ask(family, problem, ref random) : problem.Prompt;
        return Problem.Of(task, problem, prompt);
    }

    /// <summary>The first problems of a part.</summary>
    public IEnumerable<Problem> Sample(Split split, int count) => Enumerable.Range(0, count).Select(i => Get(split, i));
}
