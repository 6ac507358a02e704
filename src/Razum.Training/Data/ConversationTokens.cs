using Razum.Text;

namespace Razum.Training.Data;

/// <summary>
/// Writes conversations as tokens in the chat format of a model. What is learned is the last answer, from the end of the prompt on (thinking and end of turn
/// included), or everything; where the checkpoint's template has <c>generation</c> blocks, what they mark.
/// </summary>
/// <param name="tokenizer">Makes the tokens.</param>
/// <param name="learnsPrompts">Whether prompts are targets too.</param>
internal sealed class ConversationTokens(Tokenizer tokenizer, bool learnsPrompts)
{
    private static readonly ChatOptions s_prompt = new() { AddGenerationPrompt = true, Thinking = true };
    private static readonly ChatOptions s_directPrompt = s_prompt with { Thinking = false };
    private static readonly ChatOptions s_whole = new() { AddGenerationPrompt = false, Thinking = true };

    private readonly ChatTemplate _template = ChatTemplate.For(tokenizer);

    /// <summary>Writes a conversation into <paramref name="target"/> (cleared first).</summary>
    /// <exception cref="InvalidDataException">The chat format cannot show an answer as the continuation of its prompt.</exception>
    public void Write(Conversation conversation, TrainingSequence target)
    {
        (IReadOnlyList<ChatMessage> messages, bool thinking) = conversation;
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

    /// <summary>The prompt of a conversation and its last answer, up to the last token that is learned.</summary>
    public AnswerTokens Answer(Conversation conversation)
    {
        var sequence = new TrainingSequence();
        Write(conversation, sequence);
        int end = sequence.Targets.LastIndexOf(1) + 1;
        int start = end == 0 ? 0 : sequence.Targets.LastIndexOf(0, end - 1) + 1; // the first token is never a target
        return new AnswerTokens([.. sequence.Tokens.Take(end)], start);
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
