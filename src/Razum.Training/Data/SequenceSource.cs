namespace Razum.Training.Data;

/// <summary>
/// Training sequences in an order that is a function of seed and number alone: sequence <c>i</c> is always the same, so that a run resumes
/// with nothing but the number of the next one. Numbers have no end; finite data come round again in another order.
/// </summary>
public abstract class SequenceSource
{
    /// <summary>What the data are, for the identity of a run: other data give another text.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>Writes sequence <paramref name="index"/> of a part into <paramref name="target"/> (cleared first).</summary>
    public abstract void Read(Split split, long index, TrainingSequence target);
}
