using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Training.Data;

/// <summary>Problems of procedural tasks: those of a <see cref="ProblemStream"/> to train on, those that every evaluation holds out to measure with.</summary>
public sealed class ProceduralProblems : ProblemSource
{
    private readonly ProblemStream _stream;
    private readonly NanoExamples _heldOut;
    private readonly string[] _families;

    /// <param name="seed">Fixes all problems.</param>
    /// <param name="weights">Names of tasks and how often each is drawn.</param>
    /// <param name="level">Level of difficulty; null for whole distributions.</param>
    /// <exception cref="ArgumentException">A task is unknown or a weight is none.</exception>
    public ProceduralProblems(int seed, IReadOnlyDictionary<string, double> weights, int? level)
    {
        _stream = new ProblemStream((ulong)seed, weights, level);
        _heldOut = new NanoExamples((ulong)seed);
        _families = [.. weights.Where(w => w.Value > 0).Select(w => w.Key)];
    }

    public override string Fingerprint => "problems 1"; // all that decides about them is in the run file

    public override DrawnProblem Get(long index, Func<ProceduralTask, int>? level = null)
    {
        AskedProblem asked = _stream.Get(index, level);
        return new DrawnProblem(asked.AsProblem(), $"{LevelKey.Of(asked.Task, asked.Problem)}");
    }

    /// <summary>The families in turn.</summary>
    public override IReadOnlyList<(string Family, Problem Problem)> HeldOut(int most) => [.. Enumerable.Range(0, most).Select(i =>
    {
        string family = _families[i % _families.Length];
        (string prompt, TaskProblem problem) = _heldOut.Evaluation(family, (ulong)(i / _families.Length));
        return (family, Problem.Of(TaskRegistry.Get(family), problem, prompt));
    })];
}
