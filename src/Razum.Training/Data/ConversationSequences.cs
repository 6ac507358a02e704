using Razum.Text;

namespace Razum.Training.Data;

/// <summary>Conversations as token sequences, as <see cref="ConversationTokens"/> writes them.</summary>
/// <param name="source">The conversations.</param>
/// <param name="tokenizer">Makes the tokens.</param>
/// <param name="learnsPrompts">Whether prompts are targets too.</param>
public sealed class ConversationSequences(ConversationSource source, Tokenizer tokenizer, bool learnsPrompts) : SequenceSource
{
    private readonly ConversationTokens _tokens = new(tokenizer, learnsPrompts);

    public override string Fingerprint => source.Fingerprint;

    public override void Read(Split split, long index, TrainingSequence target) => _tokens.Write(source.Get(split, index), target);
}
