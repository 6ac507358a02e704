using System.Text;

namespace Razum.Text.Templates;

/// <summary>
/// The format of DeepSeek-R1 and its distillations: <c>bos S &lt;｜User｜&gt;U&lt;｜Assistant｜&gt;C&lt;｜end▁of▁sentence｜&gt;...</c>; the prompt opens the think
/// block. Reasoning is never part of the history. The last system message is the one that counts, as in the published template.
/// </summary>
internal sealed class DeepSeekChat(Tokenizer tokenizer) : ChatTemplate(tokenizer, End)
{
    public const string User = "<｜User｜>";
    public const string Assistant = "<｜Assistant｜>";

    private const string Begin = "<｜begin▁of▁sentence｜>";
    private const string End = "<｜end▁of▁sentence｜>";
    private const string EndThink = "</think>";

    public override string Render(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        var text = new StringBuilder(Begin);
        text.Append(messages.LastOrDefault(m => m.Role == "system")?.Content);
        foreach (ChatMessage message in messages)
        {
            switch (message.Role)
            {
                case "system":
                    break;
                case "user":
                    text.Append(User).Append(message.Content);
                    break;
                case "assistant":
                    int thought = message.Content.LastIndexOf(EndThink, StringComparison.Ordinal);
                    text.Append(Assistant).Append(message.Content.AsSpan(thought < 0 ? 0 : thought + EndThink.Length)).Append(End);
                    break;
                default:
                    throw UnknownRole(message);
            }
        }

        if (options.AddGenerationPrompt)
        {
            text.Append(Assistant).Append("<think>\n").Append(options.Thinking ? "" : "\n</think>\n\n");
        }

        return text.ToString();
    }

    public override bool StartsInReasoning(ChatOptions options) => options is { AddGenerationPrompt: true, Thinking: true };
}
