using System.Text.Json;
using Razum.Text.Jinja;
using Razum.Text.Parsers;

namespace Razum.Text.Templates;

/// <summary>
/// The Jinja template of a checkpoint. It sees what transformers gives it: messages, tools, add_generation_prompt, the control tokens by name, and whether
/// to think as <c>enable_thinking</c> and <c>thinking</c> (the two names in use).
/// </summary>
internal sealed class JinjaChat : ChatTemplate
{
    private const string Think = "<think>";
    private const string Probe = "zqx";

    private readonly Tokenizer _tokenizer;
    private readonly JinjaTemplate _template;
    private readonly JinjaTemplate? _toolTemplate;

    /// <exception cref="InvalidDataException">The template is not valid, or no token ends a turn.</exception>
    public JinjaChat(Tokenizer tokenizer)
        : this(tokenizer, Parse(tokenizer, tokenizer.Config.ChatTemplate is null ? tokenizer.Config.ChatTemplates.Keys.First() : "default"))
    {
        _toolTemplate = tokenizer.Config.ChatTemplates.ContainsKey("tool_use") ? Parse(tokenizer, "tool_use") : null;
    }

    private JinjaChat(Tokenizer tokenizer, JinjaTemplate template)
        : base(FindEnd(tokenizer, template))
    {
        (_tokenizer, _template) = (tokenizer, template);
    }

    public override bool MarksGeneration => _template.HasGeneration;

    public override ToolCallFormat ToolCalls => FormatOf(_tokenizer.Config.ChatTemplates.GetValueOrDefault("tool_use")
        ?? _tokenizer.Config.ChatTemplate ?? _tokenizer.Config.ChatTemplates.Values.First());

    public override string Render(IReadOnlyList<ChatMessage> messages, ChatOptions options) => RenderFully(messages, options).Text;

    public override MaskedText RenderWithMask(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        (string text, List<(int Start, int End)> generated) = RenderFully(messages, options with { AddGenerationPrompt = false });
        return generated.Count > 0 ? new MaskedText(text, generated) : base.RenderWithMask(messages, options);
    }

    public override bool StartsInReasoning(ChatOptions options) =>
        options.AddGenerationPrompt && Render([new ChatMessage("user", Probe)], options).AsSpan().TrimEnd().EndsWith(Think);

    /// <summary>The format whose tags a template writes before the calls of earlier answers.</summary>
    private static ToolCallFormat FormatOf(string template)
    {
        bool Has(string text) => template.Contains(text, StringComparison.Ordinal);
        return Has("<｜tool▁calls▁begin｜>") ? Has("```json") ? ToolCallFormat.DeepSeekV3 : ToolCallFormat.DeepSeekV31
            : Has("<|tool_calls_section_begin|>") ? ToolCallFormat.KimiK2
            : Has("<tool_call>") ? ToolCallFormat.Hermes
            : Has("<|python_tag|>") || (Has("<|eot_id|>") && Has("\"parameters\"")) ? ToolCallFormat.Llama3Json
            : ToolCallFormat.None;
    }

    private static JinjaTemplate Parse(Tokenizer tokenizer, string name)
    {
        try
        {
            string label = Path.Combine(tokenizer.Config.Folder, "chat_template") + (name == "default" ? "" : $" {name}");
            return new JinjaTemplate(label, tokenizer.Config.ChatTemplates[name]);
        }
        catch (JinjaException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    // The control token behind an answer; the configuration's eos where the template does not show one.
    private static int FindEnd(Tokenizer tokenizer, JinjaTemplate template)
    {
        try
        {
            string text = Render(template, tokenizer, [new ChatMessage("user", "a"), new ChatMessage("assistant", Probe)], new ChatOptions { AddGenerationPrompt = false }, false, false).Text;
            int at = text.LastIndexOf(Probe, StringComparison.Ordinal);
            int[] behind = at < 0 ? [] : tokenizer.Encode(text.AsSpan(at + Probe.Length));
            int found = tokenizer.EosId is int eos && behind.Contains(eos) ? eos : behind.FirstOrDefault(tokenizer.IsSpecial, -1);
            if (found >= 0)
            {
                return found;
            }
        }
        catch (InvalidDataException)
        {
            // A template may refuse any conversation: its eos still ends its turns.
        }

        return tokenizer.EosId ?? throw new InvalidDataException("the chat template shows no token that ends a turn, and the configuration names no eos_token");
    }

    // Templates differ in what they take: arguments of calls as values or as text, no content as null or as an empty text. The first way whose text shows
    // every call is right.
    private (string Text, List<(int Start, int End)> Generated) RenderFully(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        JinjaTemplate template = options.Tools is not null && _toolTemplate is not null ? _toolTemplate : _template;
        string[] called = [.. messages.SelectMany(m => m.ToolCalls).Select(c => c.Name)];
        (string, List<(int, int)>)? shown = null;
        InvalidDataException? fault = null;
        foreach ((bool asText, bool asNull) in called.Length == 0 ? [(false, false)] : ((bool, bool)[])[(false, false), (true, false), (false, true), (true, true)])
        {
            try
            {
                (string Text, List<(int, int)> Generated) rendered = Render(template, _tokenizer, messages, options, asText, asNull);
                shown ??= rendered;
                if (called.All(name => rendered.Text.Contains(name, StringComparison.Ordinal)))
                {
                    return CloseThinking(rendered, options);
                }
            }
            catch (InvalidDataException e)
            {
                fault ??= e;
            }
        }

        return shown is { } some ? CloseThinking(some, options) : throw fault!;
    }

    // A template that always opens the thinking is answered with an empty thought.
    private static (string, List<(int, int)>) CloseThinking((string Text, List<(int, int)> Generated) rendered, ChatOptions options)
    {
        bool isOpen = options is { AddGenerationPrompt: true, Thinking: false } && rendered.Text.AsSpan().TrimEnd().EndsWith(Think);
        return isOpen ? (rendered.Text + "\n</think>\n\n", rendered.Generated) : rendered;
    }

    private static (string Text, List<(int Start, int End)> Generated) Render(
        JinjaTemplate template, Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, ChatOptions options, bool asText, bool asNull)
    {
        var variables = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["messages"] = messages.Select(message => (object?)Message(message, asText, asNull)).ToList(),
            ["tools"] = options.Tools is null ? null : Json(options.Tools, "tools"),
            ["documents"] = null,
            ["add_generation_prompt"] = options.AddGenerationPrompt,
            ["enable_thinking"] = options.Thinking,
            ["thinking"] = options.Thinking,
        };
        AddToken("bos_token", tokenizer.Config.BosToken);
        AddToken("eos_token", tokenizer.Config.EosToken);
        AddToken("pad_token", tokenizer.Config.PadToken);
        AddToken("unk_token", tokenizer.Config.UnknownToken);
        if (options.Variables is not null)
        {
            if (Json(options.Variables, "variables") is not DictValue more)
            {
                throw new InvalidDataException("the variables of a chat template must be a JSON object");
            }

            foreach ((object? name, object? value) in more.Items)
            {
                variables[(string)name!] = value;
            }
        }

        try
        {
            return template.Render(variables, options.Now ?? DateTime.Now);
        }
        catch (JinjaException e)
        {
            throw new InvalidDataException(e.Message, e);
        }

        void AddToken(string name, string? token)
        {
            if (token is not null)
            {
                variables[name] = token;
            }
        }
    }

    private static object? Json(string text, string what)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return JinjaVariables.From(json.RootElement);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the {what} of a chat are not valid JSON: {e.Message}");
        }
    }

    private static DictValue Message(ChatMessage message, bool asText, bool asNull)
    {
        var fields = new DictValue();
        fields.Set("role", message.Role);
        fields.Set("content", asNull && message is { ToolCalls.Count: > 0, Content.Length: 0 } ? null : message.Content);
        if (message.ReasoningContent is not null)
        {
            fields.Set("reasoning_content", message.ReasoningContent);
            fields.Set("thinking", message.ReasoningContent);
        }

        if (message.ToolCallId is not null)
        {
            fields.Set("tool_call_id", message.ToolCallId);
        }

        if (message.Name is not null)
        {
            fields.Set("name", message.Name);
        }

        if (message.ToolCalls.Count > 0)
        {
            fields.Set("tool_calls", message.ToolCalls.Select(call => (object?)Call(call, asText)).ToList());
        }

        return fields;
    }

    private static DictValue Call(ToolCall call, bool asText)
    {
        var function = new DictValue();
        function.Set("name", call.Name);
        function.Set("arguments", asText ? call.Arguments : Arguments(call.Arguments));
        var fields = new DictValue();
        if (call.Id is not null)
        {
            fields.Set("id", call.Id);
        }

        fields.Set("type", "function");
        fields.Set("function", function);
        return fields;
    }

    private static object? Arguments(string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return JinjaVariables.From(json.RootElement);
        }
        catch (JsonException)
        {
            return text; // a model may write anything
        }
    }
}
