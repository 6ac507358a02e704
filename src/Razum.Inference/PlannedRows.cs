namespace Razum.Inference;

/// <summary>What a step runs of one sequence: its next <paramref name="Count"/> tokens.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="Count">Number of rows in the batch.</param>
internal readonly record struct PlannedRows(Sequence Sequence, int Count)
{
    /// <summary>Whether the last row is the sequence's newest token, so that the next one can be chosen from its logits.</summary>
    public bool WantsLogits { get; } = Count == Sequence.Remaining;
}
