namespace Razum.Inference.Speculation;

/// <summary>
/// Guesses the next tokens of sequences. A guess must follow from the sequence alone (its tokens, options and seed), so that what is drawn does not depend
/// on its company.
/// </summary>
internal abstract class Drafter
{
    /// <summary>
    /// A step is over: its sequences have their new tokens. Drafts for those that want it (<see cref="Sequence.WantsDrafts"/>) with <see cref="Sequence.AddDraft"/>.
    /// </summary>
    public abstract void Draft(ReadOnlySpan<PlannedRows> plan);
}
