using System.Text.Json;
using Razum.Cli;

namespace Razum.Tests.Cli;

/// <summary><c>razum tokenize</c> with Razum's own vocabulary: ten control tokens, then one token per byte.</summary>
public sealed class TokenizeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TokenizeTests()
    {
        TinyModel.Write(_folder.File("tiny"));
        File.Delete(Path.Combine(_folder.File("tiny"), "model.safetensors")); // no weight is read
    }

    private string Model => _folder.File("tiny");

    [Fact]
    public async Task One_line_per_token_and_the_count()
    {
        string[] lines = (await Run("tokenize", Model, "Hé\n<|user|>")).Split('\n');
        Assert.Equal("       0  \"<|bos|>\"  control", lines[0].TrimEnd());
        Assert.Equal("      82  \"H\"", lines[1].TrimEnd());
        Assert.Equal("     205  \"\\xC3\"", lines[2].TrimEnd());
        Assert.Equal("      20  \"\\n\"", lines[4].TrimEnd());
        Assert.Equal("       4  \"<|user|>\"  control", lines[5].TrimEnd());
        Assert.Equal("6 tokens", lines[6].TrimEnd());
    }

    [Fact]
    public async Task Ids_and_back()
    {
        string ids = await Run("tokenize", Model, "Hé <|user|>", "--ids");
        Assert.Equal("0 82 205 179 42 4", ids.Trim());
        Assert.Equal("<|bos|>Hé <|user|>", (await Run("tokenize", Model, "--decode", ids)).TrimEnd('\r', '\n'));
        Assert.Equal("Hé ", (await Run("tokenize", Model, "--decode", "--no-special", "[0, 82, 205, 179, 42, 4]")).TrimEnd('\r', '\n'));
        Assert.Equal("Hé", Parse(await Run("tokenize", Model, "--decode", "82,205,179", "--json")).GetProperty("text").GetString());
        Assert.Equal("", (await Run("tokenize", Model, "--decode", "")).Trim());
    }

    [Fact]
    public async Task Control_tokens_in_a_text_are_tokens_or_text()
    {
        Assert.Equal("0 4", (await Run("tokenize", Model, "<|user|>", "--ids")).Trim());
        Assert.Equal(1 + "<|user|>".Length, (await Run("tokenize", Model, "<|user|>", "--ids", "--no-special")).Trim().Split(' ').Length);
    }

    [Fact]
    public async Task Json_and_chat()
    {
        JsonElement root = Parse(await Run("tokenize", Model, "Hi", "--chat", "--json"));
        JsonElement[] tokens = [.. root.GetProperty("tokens").EnumerateArray()];
        Assert.Equal(root.GetProperty("count").GetInt32(), tokens.Length);
        Assert.Equal(1, tokens.Count(t => t.GetProperty("id").GetInt32() == 0)); // the template writes bos, nobody adds another
        Assert.Contains(tokens, t => t.GetProperty("token").GetString() == "<|user|>" && t.GetProperty("control").GetBoolean());
        Assert.Contains("Hi", string.Concat(tokens.Select(t => t.GetProperty("text").GetString())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_comes_from_a_file_or_a_pipe_as_it_is()
    {
        File.WriteAllText(_folder.File("text"), "a\n");
        Assert.Equal("0 107 20", (await Run("tokenize", Model, "--file", _folder.File("text"), "--ids")).Trim());
        TestTerminal terminal = new("a\n");
        Assert.Equal(CommandLine.Done, await terminal.Run("tokenize", Model, "--ids"));
        Assert.Equal("0 107 20", terminal.Output.Trim());
    }

    [Fact]
    public async Task Gguf_files_have_the_same_tokens()
    {
        TinyModel.Write(_folder.File("whole"));
        string expected = await Run("tokenize", Model, "Hé <|user|>", "--json"), file = _folder.File("tiny.gguf");
        await Run("convert", _folder.File("whole"), file);
        Assert.Equal(expected, await Run("tokenize", file, "Hé <|user|>", "--json"));
    }

    [Fact]
    public async Task What_cannot_be_is_one_line()
    {
        Directory.CreateDirectory(_folder.File("empty"));
        File.WriteAllBytes(_folder.File("picture"), [0xFF, 0xD8, 0xFF]);
        await Fails("no model folder", _folder.File("none"), "a");
        await Fails("tokenizer.json: no such file", _folder.File("empty"), "a");
        await Fails("id 266 is outside the vocabulary of 266 tokens", Model, "--decode", "82 266");
        await Fails("id -1 is outside", Model, "--decode", "82, -1");
        await Fails("x is no token id", Model, "--decode", "82 x");
        await Fails("--chat and --ids do not go with it", Model, "--decode", "--ids", "82");
        await Fails("--no-special does not go with it", Model, "--chat", "--no-special", "a");
        await Fails("not both", Model, "a", "--file", _folder.File("picture"));
        await Fails("picture: is not UTF-8 text", Model, "--file", _folder.File("picture"));
        await Fails("no text", Model);

        static async Task Fails(string message, params string[] arguments)
        {
            TestTerminal terminal = new();
            Assert.Equal(CommandLine.UserError, await terminal.Run(["tokenize", .. arguments]));
            Assert.Contains(message, terminal.Error.ToString(), StringComparison.Ordinal);
            Assert.Equal(1, terminal.Error.ToString().Count(c => c == '\n'));
        }
    }

    public void Dispose() => _folder.Dispose();

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;

    private static async Task<string> Run(params string[] arguments)
    {
        TestTerminal terminal = new();
        Assert.True(await terminal.Run(arguments) == CommandLine.Done, terminal.Error.ToString());
        return terminal.Output;
    }
}
