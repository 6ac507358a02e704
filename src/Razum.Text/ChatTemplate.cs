using Razum.Text.Parsers;
using Razum.Text.Templates;

namespace Razum.Text;

/// <summary>
/// Writes a conversation as the text a model was trained on. The rendered text holds its bos already: encode it without adding one.
/// A checkpoint's own Jinja template is run; one without gets a known format in code, chosen by the control tokens of its vocabulary.
/// </summary>
public abstract class ChatTemplate
{
    private protected ChatTemplate(Tokenizer tokenizer, string endOfTurn)
        : this(tokenizer.TokenToId(endOfTurn) ?? throw new InvalidDataException($"the vocabulary has no token {endOfTurn}"))
    {
    }

    private protected ChatTemplate(int endOfTurn) => EndOfTurn = endOfTurn;

    /// <summary>The id of the token that ends an assistant's turn.</summary>
    public int EndOfTurn { get; }

    /// <summary>Does the template itself mark what the model says (<c>generation</c> blocks)?</summary>
    public virtual bool MarksGeneration => false;

    /// <summary>How the model is shown to write calls of tools; none where no way is known, as in the formats in code.</summary>
    public virtual ToolCallFormat ToolCalls => ToolCallFormat.None;

    /// <summary>The chat template of a checkpoint, or the known format that its vocabulary was made for.</summary>
    /// <exception cref="InvalidDataException">There is none, or it is no valid template; the message names line and column.</exception>
    public static ChatTemplate For(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer.Config.ChatTemplates.Count > 0 ? new JinjaChat(tokenizer) : BuiltIn(tokenizer);
    }

    private static ChatTemplate BuiltIn(Tokenizer tokenizer)
    {
        bool Has(params ReadOnlySpan<string> tokens)
        {
            foreach (string token in tokens)
            {
                if (tokenizer.TokenToId(token) is null)
                {
                    return false;
                }
            }

            return true;
        }

        // The R1 distillations keep the control tokens of Llama and Qwen beside DeepSeek's: DeepSeek's come first.
        return Has(RazumChat.User, RazumChat.Assistant, RazumChat.Answer) ? new RazumChat(tokenizer)
            : Has(DeepSeekChat.User, DeepSeekChat.Assistant) ? new DeepSeekChat(tokenizer)
            : Has(ChatMl.Start, ChatMl.End) ? new ChatMl(tokenizer)
            : Has(Llama3Chat.HeaderStart, Llama3Chat.HeaderEnd, Llama3Chat.End) ? new Llama3Chat(tokenizer)
            : throw new InvalidDataException("no chat format is known for this vocabulary: it has the control tokens of none "
                + "(Razum, DeepSeek, ChatML, Llama 3)");
    }

    /// <summary>The text of a conversation, control tokens written out.</summary>
    /// <exception cref="ArgumentException">A role that a built-in format does not know.</exception>
    /// <exception cref="InvalidDataException">The checkpoint's template refuses the conversation or fails on it.</exception>
    public abstract string Render(IReadOnlyList<ChatMessage> messages, ChatOptions options);

    /// <summary>
    /// The text of a conversation without a prompt for more, and which parts of it the model says itself: what its template marks with <c>generation</c>
    /// blocks, else every answer that the text shows as the continuation of its prompt.
    /// </summary>
    public virtual MaskedText RenderWithMask(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(options);
        ChatOptions whole = options with { AddGenerationPrompt = false }, open = options with { AddGenerationPrompt = true };
        string text = Render(messages, whole);
        var spans = new List<(int Start, int End)>();
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages[i].Role != "assistant" || i == 0)
            {
                continue;
            }

            string prompt = Render([.. messages.Take(i)], open), answered = Render([.. messages.Take(i + 1)], whole);
            if (answered.StartsWith(prompt, StringComparison.Ordinal) && text.StartsWith(answered, StringComparison.Ordinal))
            {
                spans.Add((prompt.Length, answered.Length));
            }
        }

        return new MaskedText(text, spans);
    }

    /// <summary>Does a prompt rendered so end inside an open <c>&lt;think&gt;</c> (the parser's start)?</summary>
    public abstract bool StartsInReasoning(ChatOptions options);

    /// <summary>The index of the last user message, -1 = none: answers before it are history, and their reasoning is not shown again.</summary>
    private protected static int LastUser(IReadOnlyList<ChatMessage> messages)
    {
        int last = messages.Count - 1;
        while (last >= 0 && messages[last].Role != "user")
        {
            last--;
        }

        return last;
    }

    private protected static ArgumentException UnknownRole(ChatMessage message) =>
        new($"role \"{message.Role}\" is none of system, user, assistant");
}
