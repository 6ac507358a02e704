using System.Text;

namespace Razum.Text.Templates;

/// <summary>
/// ChatML as Qwen 2/3 write it: <c>&lt;|im_start|&gt;role\ntext&lt;|im_end|&gt;\n...</c>. Answers behind the last user message show their reasoning; a
/// thinking model opens its think block itself, and without thinking the prompt holds an empty one.
/// </summary>
internal sealed class ChatMl(Tokenizer tokenizer) : ChatTemplate(tokenizer, End)
{
    public const string Start = "<|im_start|>";
    public const string End = "<|im_end|>";

    private const string EndThink = "</think>";

    private readonly bool _thinks = tokenizer.TokenToId(EndThink) is not null;

    public override string Render(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        var text = new StringBuilder();
        int lastUser = LastUser(messages);
        for (int i = 0; i < messages.Count; i++)
        {
            ChatMessage message = messages[i];
            if (message.Role is not ("system" or "user" or "assistant"))
            {
                throw UnknownRole(message);
            }

            text.Append(Start).Append(message.Role).Append('\n');
            if (message.Role == "assistant" && _thinks)
            {
                AppendAnswer(text, message, isHistory: i < lastUser, isLast: i == messages.Count - 1);
            }
            else
            {
                text.Append(message.Content);
            }

            text.Append(End).Append('\n');
        }

        if (options.AddGenerationPrompt)
        {
            text.Append(Start).Append("assistant\n").Append(_thinks && !options.Thinking ? "<think>\n\n</think>\n\n" : "");
        }

        return text.ToString();
    }

    public override bool StartsInReasoning(ChatOptions options) => false;

    private static void AppendAnswer(StringBuilder text, ChatMessage message, bool isHistory, bool isLast)
    {
        string content = message.Content, reasoning = message.ReasoningContent ?? "";
        if (message.ReasoningContent is null && content.Contains(EndThink, StringComparison.Ordinal))
        {
            reasoning = content[..content.IndexOf(EndThink, StringComparison.Ordinal)].TrimEnd('\n').Split("<think>")[^1].TrimStart('\n');
            content = content[(content.LastIndexOf(EndThink, StringComparison.Ordinal) + EndThink.Length)..].TrimStart('\n');
        }

        if (!isHistory && (isLast || reasoning.Length > 0))
        {
            text.Append("<think>\n").Append(reasoning.Trim('\n')).Append("\n</think>\n\n").Append(content.TrimStart('\n'));
        }
        else
        {
            text.Append(content);
        }
    }
}
