using Razum.Text;

namespace Razum.Tests.Text;

/// <summary>The tokenizer of Razum's own models: the files load, every byte and control token has its id, text comes back, chats have their format.</summary>
public sealed class ByteTokenizerTests : IDisposable
{
    private static readonly ChatMessage[] s_chat =
    [
        new("system", "Be brief."), new("user", "2+2?"), new("assistant", "4", "2+2=4"), new("user", "3+3?"), new("assistant", "6", "3+3=6"),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("razum-text").FullName;
    private readonly Tokenizer _tokenizer;

    public ByteTokenizerTests()
    {
        ByteTokenizer.Write(_folder);
        _tokenizer = Tokenizer.Load(_folder);
    }

    [Fact]
    public void Vocabulary()
    {
        Assert.Equal(["tokenizer.json", "tokenizer_config.json"], Directory.EnumerateFiles(_folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        string[] controls = ["<|bos|>", "<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<think>", "</think>", "<answer>", "</answer>"];
        for (int id = 0; id < controls.Length; id++)
        {
            Assert.Equal(id, _tokenizer.TokenToId(controls[id]));
            Assert.Equal([id], _tokenizer.Encode(controls[id]));
            Assert.Equal(id is not (6 or 7), _tokenizer.IsSpecial(id));
        }

        for (int b = 0; b < 256; b++)
        {
            Assert.Equal([(byte)b], _tokenizer.BytesOf(ByteTokenizer.IdOf((byte)b)).ToArray());
        }

        Assert.Equal(ByteTokenizer.VocabSize, _tokenizer.VocabSize);
        Assert.Equal([0], _tokenizer.Prefix.ToArray());
        Assert.Equal((0, 1, 2), (_tokenizer.BosId, _tokenizer.EosId, _tokenizer.PadId));
    }

    [Fact]
    public void RoundTrip()
    {
        const string text = "a\0\r\n \t☃ 😀 e\u0301 中文 <|bos";
        int[] ids = _tokenizer.Encode(text);
        Assert.Equal(System.Text.Encoding.UTF8.GetBytes(text).Select(ByteTokenizer.IdOf), ids);
        Assert.Equal(text, _tokenizer.Decode(ids));
        Assert.Equal("thought</think>4", _tokenizer.Decode(_tokenizer.Encode("thought</think><answer>4</answer><|end|>"), skipSpecial: true));
        Assert.Equal("\uFFFDa\uFFFD", _tokenizer.Decode(_tokenizer.Encode("\uDC00a\uD800")));
        Assert.Equal([3, 6], _tokenizer.Encode("<|system|><think>"));
        Assert.Equal(10 + 1, _tokenizer.Encode("<|system|><think>", parseSpecial: false).Length);
    }

    [Fact]
    public void Chat()
    {
        ChatTemplate template = ChatTemplate.For(_tokenizer);
        Assert.Equal(1, template.EndOfTurn);
        Assert.Equal(
            "<|bos|><|system|>Be brief.<|user|>2+2?<|assistant|><think></think><answer>4</answer><|end|><|user|>3+3?"
            + "<|assistant|><think>3+3=6</think><answer>6</answer><|end|>",
            template.Render(s_chat, new ChatOptions { AddGenerationPrompt = false }));
        ChatOptions thinking = new(), direct = new() { Thinking = false };
        Assert.Equal("<|bos|><|user|>2+2?<|assistant|><think>", template.Render([s_chat[1]], thinking));
        Assert.Equal("<|bos|><|user|>2+2?<|assistant|><think></think><answer>", template.Render([s_chat[1]], direct));
        Assert.True(template.StartsInReasoning(thinking));
        Assert.False(template.StartsInReasoning(direct));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
