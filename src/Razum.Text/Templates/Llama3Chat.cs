using System.Text;

namespace Razum.Text.Templates;

/// <summary>
/// Llama 3: <c>bos &lt;|start_header_id|&gt;role&lt;|end_header_id|&gt;\n\ntext&lt;|eot_id|&gt;...</c>, texts trimmed. The date lines that 3.1 and later put
/// into the system message are left to the caller.
/// </summary>
internal sealed class Llama3Chat(Tokenizer tokenizer) : ChatTemplate(tokenizer, End)
{
    public const string HeaderStart = "<|start_header_id|>";
    public const string HeaderEnd = "<|end_header_id|>";
    public const string End = "<|eot_id|>";

    private readonly string _bos = tokenizer.Config.BosToken ?? "";

    public override string Render(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        var text = new StringBuilder(_bos);
        foreach (ChatMessage message in messages)
        {
            if (message.Role is not ("system" or "user" or "assistant"))
            {
                throw UnknownRole(message);
            }

            Header(text, message.Role).Append(message.Content.AsSpan().Trim()).Append(End);
        }

        return (options.AddGenerationPrompt ? Header(text, "assistant") : text).ToString();
    }

    public override bool StartsInReasoning(ChatOptions options) => false;

    private static StringBuilder Header(StringBuilder text, string role) => text.Append(HeaderStart).Append(role).Append(HeaderEnd).Append("\n\n");
}
