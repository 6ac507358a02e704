using System.Text;

namespace Razum.Text.Templates;

/// <summary>
/// The format of Razum's own models, after R1: <c>&lt;|bos|&gt;[&lt;|system|&gt;S]&lt;|user|&gt;U&lt;|assistant|&gt;&lt;think&gt;R&lt;/think&gt;&lt;answer&gt;C&lt;/answer&gt;&lt;|end|&gt;...</c>
/// Reasoning of answers before the last user message is left out (an empty think block stays). Without thinking the prompt closes the block itself.
/// <see cref="Jinja"/> says the same for other programs.
/// </summary>
internal sealed class RazumChat(Tokenizer tokenizer) : ChatTemplate(tokenizer, End)
{
    public const string Bos = "<|bos|>";
    public const string End = "<|end|>";
    public const string Pad = "<|pad|>";
    public const string System = "<|system|>";
    public const string User = "<|user|>";
    public const string Assistant = "<|assistant|>";
    public const string Think = "<think>";
    public const string EndThink = "</think>";
    public const string Answer = "<answer>";
    public const string EndAnswer = "</answer>";

    public const string Jinja =
        "{{ bos_token }}{% set ns = namespace(last=-1) %}"
        + "{% for m in messages %}{% if m['role'] == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}"
        + "{% for m in messages %}{% if m['role'] == 'assistant' %}{{ '<|assistant|><think>' }}"
        + "{% if loop.index0 > ns.last and m['reasoning_content'] %}{{ m['reasoning_content'] }}{% endif %}"
        + "{{ '</think><answer>' + m['content'] + '</answer><|end|>' }}{% else %}{{ '<|' + m['role'] + '|>' + m['content'] }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|assistant|><think>' }}"
        + "{% if enable_thinking is defined and not enable_thinking %}{{ '</think><answer>' }}{% endif %}{% endif %}";

    public override string Render(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        var text = new StringBuilder(Bos);
        int lastUser = LastUser(messages);
        for (int i = 0; i < messages.Count; i++)
        {
            ChatMessage message = messages[i];
            switch (message.Role)
            {
                case "system":
                    text.Append(System).Append(message.Content);
                    break;
                case "user":
                    text.Append(User).Append(message.Content);
                    break;
                case "assistant":
                    text.Append(Assistant).Append(Think).Append(i > lastUser ? message.ReasoningContent : "").Append(EndThink)
                        .Append(Answer).Append(message.Content).Append(EndAnswer).Append(End);
                    break;
                default:
                    throw UnknownRole(message);
            }
        }

        if (options.AddGenerationPrompt)
        {
            text.Append(Assistant).Append(Think).Append(options.Thinking ? "" : EndThink + Answer);
        }

        return text.ToString();
    }

    public override bool StartsInReasoning(ChatOptions options) => options is { AddGenerationPrompt: true, Thinking: true };
}
