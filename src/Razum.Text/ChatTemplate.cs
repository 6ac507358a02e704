using Razum.Text.Templates;

namespace Razum.Text;

/// <summary>
/// Writes a conversation as the text a model was trained on. The rendered text holds its bos already: encode it without adding one.
/// These are the known formats in code, chosen by the control tokens of the vocabulary; the Jinja template of a checkpoint is not run.
/// </summary>
public abstract class ChatTemplate
{
    private protected ChatTemplate(Tokenizer tokenizer, string endOfTurn)
    {
        EndOfTurn = tokenizer.TokenToId(endOfTurn) ?? throw new InvalidDataException($"the vocabulary has no token {endOfTurn}");
    }

    /// <summary>The id of the token that ends an assistant's turn.</summary>
    public int EndOfTurn { get; }

    /// <summary>The format that a vocabulary was made for.</summary>
    /// <exception cref="InvalidDataException">None of the known ones.</exception>
    public static ChatTemplate For(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
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
    /// <exception cref="ArgumentException">A role that the format does not know.</exception>
    public abstract string Render(IReadOnlyList<ChatMessage> messages, ChatOptions options);

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
