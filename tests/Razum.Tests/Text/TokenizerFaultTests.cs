using Razum.Text;
using Razum.Text.Gguf;

namespace Razum.Tests.Text;

/// <summary>Broken and unsupported files: one line that names the file and the field.</summary>
public sealed class TokenizerFaultTests : IDisposable
{
    private const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("razum-text").FullName;

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "root")]
    [InlineData("{}", "model: missing")]
    [InlineData("""{"model":{"type":"Unigram"}}""", "model.type: Unigram")]
    [InlineData("""{"model":{"type":"BPE","merges":[]}}""", "model.vocab: missing")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "model.vocab[\"a\"]: -1")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":99999999999},"merges":[]}}""", "model.vocab[\"a\"]: 99999999999")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}""", "twice")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}""", "model.merges[0]")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a a"]}}""", "model.merges[0]: \"a\", \"a\"")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}""", "model.merges[0]")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1,"content":"a"}]}""", "added_tokens[0].id: 1")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":0,"content":"b"}]}""", "added_tokens[0].id: 0 is \"a\"")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"NFKC"}}""", "normalizer.type: normalizer NFKC")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","behavior":"Isolated","pattern":{"Regex":"a|\n("}}}""",
        @"pre_tokenizer.pattern.Regex: a ( without ) at character 4 in the pattern a|\n(")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":BYTELEVEL,"decoder":{"type":"WordPiece"}}""", "decoder WordPiece")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":BYTELEVEL,"post_processor":{"type":"BertProcessing"}}""", "BertProcessing")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","behavior":"Gone"}}""", "behavior: Gone")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Metaspace","replacement":"ab"}}""", "replacement")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"b"}}""", "unk_token")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"\ud800":0},"merges":[]},"pre_tokenizer":BYTELEVEL}""", "not valid Unicode")]
    public void TokenizerJson(string json, string expected)
    {
        string file = Path.Combine(_folder, "tokenizer.json");
        File.WriteAllText(file, json.Replace("BYTELEVEL", ByteLevel, StringComparison.Ordinal));
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Tokenizer.Load(_folder));
        Assert.StartsWith(file, e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Theory]
    [InlineData("""{"add_bos_token":true}""", "no bos_token")]
    [InlineData("""{"bos_token":"<s>"}""", "\"<s>\"")]
    [InlineData("""{"bos_token":7}""", "bos_token: not a string")]
    [InlineData("""{"bos_token":{}}""", "bos_token.content: missing")]
    [InlineData("""{"add_bos_token":"yes"}""", "add_bos_token")]
    [InlineData("""{"chat_template":7}""", "chat_template")]
    public void TokenizerConfig(string json, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), $$$"""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{{{ByteLevel}}}}""");
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), json);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Tokenizer.Load(_folder));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Theory]
    [InlineData("gpt\0", "default", @"tokenizer.ggml.model: gpt\u0000 is not supported")]
    [InlineData("gpt2", "lla\u001b[31mma", @"tokenizer.ggml.pre: lla\u001b[31mma is not supported")]
    public void Gguf(string model, string pre, string expected)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Tokenizer.FromGguf(new GgufVocabulary { Model = model, Pre = pre, Tokens = ["a"] }, "x.gguf"));
        Assert.StartsWith("x.gguf: " + expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoFile() => Assert.Throws<FileNotFoundException>(() => Tokenizer.Load(_folder));

    [Fact]
    public void NoKnownChatFormat()
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), $$$"""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{{{ByteLevel}}}}""");
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ChatTemplate.For(Tokenizer.Load(_folder)));
        Assert.Contains("no chat format", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
