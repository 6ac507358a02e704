using Razum.Text;
using Razum.Text.Parsers;

namespace Razum.Tests.Text;

/// <summary>A checkpoint's own template behind <see cref="ChatTemplate.For"/>: where it lies, what it sees, masks, tools, thinking.</summary>
[Trait("golden", "yes")]
public sealed class JinjaChatTests
{
    private const string Marked = "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% else %}"
        + "{{ m.content }}<|im_end|>{% endif %}\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private static readonly ChatMessage[] s_chat = [new("user", "Hi"), new("assistant", "Hello 😀!"), new("user", "A joke."), new("assistant", "No.", "hm")];

    [Theory]
    [InlineData("qwen3")]
    [InlineData("deepseek-r1-distill")]
    [InlineData("deepseek-v3.1")]
    public void AFileBesideTheTokenizer(string name)
    {
        string tokenizer = name == "qwen3" ? "qwen3" : "deepseek-v3";
        ChatTemplate template = Template(tokenizer, File.ReadAllText(Path.Combine(Folder("templates", name), "template.jinja")), out Tokenizer vocabulary);
        Assert.Equal(vocabulary.EosId, template.EndOfTurn);
        ChatOptions thinking = new(), direct = new() { Thinking = false };
        Assert.Equal(name != "qwen3", template.StartsInReasoning(thinking));
        Assert.False(template.StartsInReasoning(direct));
        string prompt = template.Render(s_chat[..3], direct);
        Assert.EndsWith(name == "deepseek-v3.1" ? "</think>" : "<think>\n\n</think>\n\n", prompt, StringComparison.Ordinal);
        MaskedText masked = template.RenderWithMask(s_chat, thinking);
        if (name == "qwen3")
        {
            (int start, int end) = Assert.Single(masked.Spans, s => masked.Text[s.Start..s.End].Contains("No.", StringComparison.Ordinal));
            Assert.Equal("<think>\nhm\n</think>\n\nNo.<|im_end|>\n", masked.Text[start..end]);
        }
    }

    [Fact]
    public void MarkedParts()
    {
        ChatTemplate template = Template("qwen3", Marked, out Tokenizer tokenizer);
        Assert.True(template.MarksGeneration);
        (int[] ids, bool[] mask) = template.RenderWithMask(s_chat, new ChatOptions()).Encode(tokenizer);
        Assert.Equal("Hello 😀!<|im_end|>No.<|im_end|>", tokenizer.Decode([.. ids.Where((_, i) => mask[i])]));
        Assert.Equal(tokenizer.TokenToId("<|im_end|>"), template.EndOfTurn);
    }

    [Fact]
    public void UnmarkedPartsAreFound()
    {
        string plain = Marked.Replace("{% generation %}", "", StringComparison.Ordinal).Replace("{% endgeneration %}", "", StringComparison.Ordinal);
        MaskedText masked = Template("qwen3", plain, out _).RenderWithMask(s_chat, new ChatOptions());
        Assert.Equal(["Hello 😀!<|im_end|>", "No.<|im_end|>"], masked.Spans.Select(s => masked.Text[s.Start..s.End]));
    }

    [Theory]
    [InlineData("{% for m in messages %}{% for c in m.tool_calls %}{{ c.function.name + c.function.arguments }}{% endfor %}{% endfor %}", "f{\"a\": 1}")]
    [InlineData("{% for m in messages %}{% for c in m.tool_calls %}{{ c.function.name }}{{ c.function.arguments.a }}{% endfor %}{% endfor %}", "f1")]
    [InlineData("{% for m in messages %}{% if m.content is none %}{{ m.tool_calls[0].function.name }}{{ tools[0].name }}{% endif %}{% endfor %}", "ft")]
    public void Tools(string source, string expected)
    {
        ChatMessage call = new("assistant", "") { ToolCalls = [new ToolCall("f", "{\"a\": 1}")] };
        string text = Template("qwen3", source, out _).Render([new ChatMessage("user", "x"), call], new ChatOptions { Tools = """[{"name":"t"}]""" });
        Assert.Equal(expected, text);
    }

    [Theory]
    [InlineData("{% if tools %}{% endif %}{{ '<tool_call>' }}", ToolCallFormat.Hermes)]
    [InlineData("{{ '<|tool_calls_section_begin|>' }}", ToolCallFormat.KimiK2)]
    [InlineData("{{ '<|python_tag|>' }}", ToolCallFormat.Llama3Json)]
    [InlineData("{{ '{\"name\": \"f\", \"parameters\": {}}<|eot_id|>' }}", ToolCallFormat.Llama3Json)]
    [InlineData("{{ messages }}", ToolCallFormat.None)]
    [InlineData("file:deepseek-r1-distill", ToolCallFormat.DeepSeekV3)]
    [InlineData("file:deepseek-v3.1", ToolCallFormat.DeepSeekV31)]
    [InlineData("file:qwen3", ToolCallFormat.Hermes)]
    public void How_calls_are_written_is_seen_in_the_template(string source, ToolCallFormat expected)
    {
        string text = source.StartsWith("file:", StringComparison.Ordinal) ? File.ReadAllText(Path.Combine(Folder("templates", source[5..]), "template.jinja")) : source;
        Assert.Equal(expected, Template("qwen3", text, out _).ToolCalls);
    }

    [Fact]
    public void VariablesAndTime()
    {
        ChatTemplate template = Template("qwen3", "{{ color }} {{ strftime_now('%Y') }} {{ eos_token }}", out _);
        Assert.Equal("red 1970 <|im_end|>", template.Render([], new ChatOptions { Variables = """{"color":"red"}""", Now = DateTime.UnixEpoch }));
    }

    [Theory]
    [InlineData("{% if %}", "line 1")]
    [InlineData("{{ raise_exception('no ' ~ messages[0].role) }}", "no user")]
    public void FaultsSayWhere(string source, string expected)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Template("qwen3", source, out _).Render([new ChatMessage("user", "x")], new ChatOptions()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("chat_template", e.Message, StringComparison.Ordinal);
    }

    private static ChatTemplate Template(string tokenizer, string source, out Tokenizer vocabulary)
    {
        string folder = Folder("tokenizers", tokenizer);
        using var copy = new TemporaryFolder();
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            File.Copy(Path.Combine(folder, name), copy.File(name));
        }

        File.WriteAllText(copy.File("chat_template.jinja"), source);
        vocabulary = Tokenizer.Load(copy.Path);
        return ChatTemplate.For(vocabulary);
    }

    private static string Folder(string group, string name)
    {
        string folder = Path.Combine(Goldens.Root, "text", group, name);
        Assert.SkipUnless(Directory.Exists(folder), $"{folder} is not there");
        return folder;
    }
}
