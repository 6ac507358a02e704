namespace Razum.Training.Data;

/// <summary>Conversations by number, each a function of (part, number) alone; see <see cref="SequenceSource"/>.</summary>
public abstract class ConversationSource
{
    /// <summary>What the data are, for the identity of a run.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>Conversation <paramref name="index"/> of a part.</summary>
    public abstract Conversation Get(Split split, long index);
}
