using System.Text;
using System.Text.Json;
using Razum.Inference;
using Razum.Inference.Measures;
using Razum.Text;

namespace Razum.Tests.Inference.Measures;

/// <summary>A text in blocks has the tokens that it has at once, whatever the tokenizer and wherever the blocks end.</summary>
[Trait("golden", "yes")]
public sealed class TextTokensTests
{
    private const string Prose =
        "The quick brown fox, 12345 of them, jumped.\nIt wasn't lazy; it'd been told so!\r\n\r\n\tif (x == 1) { return y[3]; }  // done\n\n\nÜber straße – naïve e\u0301 café.\n"
        + "你好，世界。今天天气很好 ok 我们 走吧\n한국어 문장도 있다. 日本語のテキスト\n<|user|> </s> <think>\n   leading blanks\n1 2 3 4 5 6 7 8\n👩‍👩‍👧 family 🎉🎉\nend";

    public static TheoryData<string> Tokenizers =>
    [
        .. Goldens.Cases("text/tokenizers").Select(f => Path.GetRelativePath(Goldens.Root, f)),
        .. Goldens.Cases("gguf/files").Where(f => File.Exists(Path.Combine(f, "tokens.json"))).Select(f => Path.GetRelativePath(Goldens.Root, Path.Combine(f, "model.gguf"))),
        .. Goldens.Cases("gguf/models").Select(f => Path.GetRelativePath(Goldens.Root, Path.Combine(f, "model.gguf"))),
    ];

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Blocks_change_nothing(string name)
    {
        string path = Path.Combine(Goldens.Root, name);
        Tokenizer tokenizer = ModelBundle.LoadTokenizer(path);
        string text = string.Concat(Enumerable.Range(0, 6).Select(i => $"{Texts(path)}\n{Prose[(i * 7)..]} {i}"));
        int[] expected = [.. tokenizer.Prefix, .. tokenizer.Encode(text, parseSpecial: false)];
        foreach (int block in (int[])[150, 401, 4096])
        {
            using var tokens = new TextTokens(new MemoryStream(Encoding.UTF8.GetBytes(text)), "text", tokenizer, block);
            Assert.Equal(expected, tokens.Read());
            Assert.Equal(1, tokens.Share);
        }
    }

    [Fact]
    public void A_text_that_is_not_text_is_one_line()
    {
        using TemporaryFolder folder = new();
        ByteTokenizer.Write(folder.Path);
        Tokenizer tokenizer = ModelBundle.LoadTokenizer(folder.Path);
        using var tokens = new TextTokens(new MemoryStream([0x41, 0xFF, 0xFE]), "picture.png", tokenizer);
        Assert.Equal("picture.png: is not UTF-8 text", Assert.Throws<InvalidDataException>(() => tokens.Read().Count()).Message);
        Assert.Throws<FileNotFoundException>(() => TextTokens.Open(folder.File("none"), tokenizer));
        using var empty = new TextTokens(new MemoryStream(), "empty", tokenizer);
        Assert.Equal(tokenizer.Prefix.ToArray(), empty.Read());
    }

    /// <summary>What a group's vectors have of well-formed texts that blocks may be cut in.</summary>
    private static string Texts(string path)
    {
        string vectors = Path.Combine(path, "vectors.json");
        if (!File.Exists(vectors))
        {
            return "";
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(vectors));
        IEnumerable<string> texts = document.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("text").GetString()!);
        return string.Join('\n', texts.Where(t => t.Length is > 0 and < 200).Take(40));
    }
}
