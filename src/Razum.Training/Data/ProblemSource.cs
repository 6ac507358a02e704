using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Training.Data;

/// <summary>What reinforcement learning asks: problem i is a function of the source and i alone, so that there is nothing to keep and nothing to replay.</summary>
public abstract class ProblemSource
{
    /// <summary>What the problems are, for the identity of a run.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>All problems where they are given ones; none where they are made without end.</summary>
    public virtual IEnumerable<Problem> Given => [];

    /// <summary>Problem <paramref name="index"/> to train on.</summary>
    /// <param name="index">From 0, without end.</param>
    /// <param name="level">The level of difficulty that a generated problem is to have; null leaves it to the source.</param>
    public abstract DrawnProblem Get(long index, Func<ProceduralTask, int>? level = null);

    /// <summary>At most <paramref name="most"/> problems that are never trained on, with the row of a report that each belongs to.</summary>
    public abstract IReadOnlyList<(string Family, Problem Problem)> HeldOut(int most);
}
