using Razum.Text;

namespace Razum.Training.Data;

/// <summary>
/// Conversations as token sequences. What is learned is the last answer, from the end of the prompt on (thinking and end of turn included), or everything; where the
/// checkpoint's template has <c>generation</c> blocks, what they mark.
/// </summary>
/// <param name="source">The conversations.</param>
/// <param name="tokenizer">Makes the tokens.</param>
/// <param name="learnsPrompts">Whether prompts are targets too.</param>
public sealed class ConversationSequences(ConversationSource source, Tokenizer tokenizer, bool learnsPrompts) : SequenceSource
{
    private static readonly ChatOptions s_prompt = new() { AddGenerationPrompt = true, Thinking = true };
    private static readonly ChatOptions s_directPrompt = s_prompt with { Thinking = false };
    private static readonly ChatOptions s_whole = new() { AddGenerationPrompt = false, Thinking = true };

    private readonly ChatTemplate _template = ChatTemplate.For(tokenizer);

    public override string Fingerprint => source.Fingerprint;

    public override void Read(Split split, long index, TrainingSequence target)
    {
        (IReadOnlyList<ChatMessage> messages, bool thinking) = source.Get(split, index);
        ChatOptions options = thinking ? s_prompt : s_directPrompt;
        if (_template.MarksGeneration)
        {
            ReadMarked(messages, options, target);
            return;
        }

        string prompt = _template.Render([.. messages.Take(messages.Count - 1)], options);
        string whole = Whole(messages, prompt, options);
        (int[] ids, int[] offsets) = tokenizer.EncodeWithOffsets(whole);
        int promptLength = prompt.EnumerateRunes().Count(); // offsets are start, end, start, ... in code points
        target.Clear();
        for (int i = 0; i < ids.Length; i++)
        {
            target.Add(ids[i], learnsPrompts || offsets[2 * i] >= promptLength);
        }
    }

    // The template says itself what is to be learned.
    private void ReadMarked(IReadOnlyList<ChatMessage> messages, ChatOptions options, TrainingSequence target)
    {
        (int[] ids, bool[] mask) = _template.RenderWithMask(messages, options).Encode(tokenizer);
        target.Clear();
        for (int i = 0; i < ids.Length; i++)
        {
            target.Add(ids[i], learnsPrompts || mask[i]);
        }
    }

    // R1's own format leaves reasoning out of what it renders (it is never history), yet that is what has to be learned: written as the model says it.
    private string Whole(IReadOnlyList<ChatMessage> messages, string prompt, ChatOptions options)
    {
        string whole = _template.Render(messages, s_whole);
        if (whole.StartsWith(prompt, StringComparison.Ordinal))
        {
            return whole;
        }

        ChatMessage answer = messages[^1];
        return _template.StartsInReasoning(options)
            ? $"{prompt}{answer.ReasoningContent}\n</think>\n\n{answer.Content}{tokenizer.IdToToken(_template.EndOfTurn)}"
            : throw new InvalidDataException("the chat format of this model does not show an answer as the continuation of its prompt");
    }
}
