namespace Razum.Inference;

/// <summary>What a step runs of one sequence: its next <paramref name="Count"/> tokens, its drafts after the newest one.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="Count">Number of rows in the batch.</param>
internal readonly record struct PlannedRows(Sequence Sequence, int Count)
{
    /// <summary>Rows, at the end, after which a token is to be chosen: the sequence's newest token, and its drafts. 0 in the middle of a prompt.</summary>
    public int LogitRows { get; } = Math.Max(0, Count - Sequence.Remaining + 1);
}
