using Razum.Training.Verifiers;

namespace Razum.Training.Data;

/// <summary>Problems by number, each a function of (part, number) alone; see <see cref="SequenceSource"/>. What rewards are earned on.</summary>
public abstract class ProblemSource
{
    /// <summary>What the problems are, for the identity of a run.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>Problem <paramref name="index"/> of a part; numbers have no end.</summary>
    public abstract Problem Get(Split split, long index);
}
