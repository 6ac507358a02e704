using Razum.Text;

namespace Razum.Tests.Text;

/// <summary>The known chat formats, chosen by the vocabularies of the golden tokenizers.</summary>
public sealed class ChatTemplateTests
{
    private static readonly ChatMessage[] s_chat =
    [
        new("system", "Be kind."), new("user", "Hi"), new("assistant", "Hello!", "greet"), new("user", "A joke."), new("assistant", "No.", "hm"),
    ];

    [Theory]
    [InlineData("deepseek-v3")]
    [InlineData("r1-distill-qwen")]
    [InlineData("r1-distill-llama")]
    public void DeepSeek(string name)
    {
        const string chat = "<｜begin▁of▁sentence｜>Be kind.<｜User｜>Hi<｜Assistant｜>Hello!<｜end▁of▁sentence｜><｜User｜>A joke.";
        Tokenizer tokenizer = Load(name);
        ChatTemplate template = ChatTemplate.For(tokenizer);
        Assert.Equal(chat + "<｜Assistant｜>No.<｜end▁of▁sentence｜>", template.Render(s_chat, new ChatOptions { AddGenerationPrompt = false }));
        Assert.Equal(chat + "<｜Assistant｜><think>\n", template.Render(s_chat[..4], new ChatOptions()));
        Assert.Equal(tokenizer.Encode(chat, addBos: false)[..1], tokenizer.Prefix.ToArray());
        Assert.Equal(tokenizer.EosId, template.EndOfTurn);
    }

    [Fact]
    public void ChatMl()
    {
        const string chat = "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello!<|im_end|>\n"
            + "<|im_start|>user\nA joke.<|im_end|>\n<|im_start|>assistant\n";
        ChatTemplate template = ChatTemplate.For(Load("qwen3"));
        Assert.Equal(chat + "<think>\nhm\n</think>\n\nNo.<|im_end|>\n", template.Render(s_chat, new ChatOptions { AddGenerationPrompt = false }));
        Assert.Equal(chat, template.Render(s_chat[..4], new ChatOptions()));
        Assert.Equal(chat + "<think>\n\n</think>\n\n", template.Render(s_chat[..4], new ChatOptions { Thinking = false }));
    }

    [Fact]
    public void Llama3()
    {
        const string chat = "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>";
        ChatTemplate template = ChatTemplate.For(Load("llama3"));
        Assert.Equal(chat, template.Render([new ChatMessage("user", " Hi\n")], new ChatOptions { AddGenerationPrompt = false }));
        Assert.Equal(chat + "<|start_header_id|>assistant<|end_header_id|>\n\n", template.Render([new ChatMessage("user", "Hi")], new ChatOptions()));
    }

    private static Tokenizer Load(string name)
    {
        string folder = Path.Combine(Goldens.Root, "text", "tokenizers", name);
        Assert.SkipUnless(Directory.Exists(folder), $"{folder} is not there");
        return Tokenizer.Load(folder);
    }
}
