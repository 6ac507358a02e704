using System.Text.Json;
using Razum.Cli;

namespace Razum.Tests.Cli;

/// <summary><c>razum perplexity</c> and <c>razum imatrix</c>: what they print, that their files go where they should, and one clear line for what cannot be.</summary>
public sealed class PerplexityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PerplexityTests()
    {
        TinyModel.Write(Model);
        File.WriteAllText(Text, string.Concat(Enumerable.Range(0, 100).Select(i => $"line {i}, {i * 7}\n")));
    }

    private string Model => _folder.File("tiny");

    private string Text => _folder.File("text");

    [Fact]
    public async Task Chunks_and_windows()
    {
        JsonElement chunks = await Json("perplexity", Model, "--file", Text, "--context", "64", "--json");
        Assert.Equal(chunks.GetProperty("windows").GetInt32() * 31, chunks.GetProperty("tokens_scored").GetInt32());
        Assert.Equal(Math.Exp(chunks.GetProperty("loss").GetDouble()), chunks.GetProperty("perplexity").GetDouble(), 1e-9);
        Assert.True(chunks.GetProperty("perplexity_error").GetDouble() > 0);
        JsonElement windows = await Json("perplexity", Model, "--file", Text, "--context", "64", "--stride", "32", "--json", "--threads", "1");
        Assert.Equal(new FileInfo(Text).Length, windows.GetProperty("tokens_scored").GetInt64()); // bytes are tokens; bos is not scored
        JsonElement few = await Json("perplexity", Model, "--file", Text, "--context", "64", "--chunks", "2", "--arithmetic", "bf16", "--json");
        Assert.Equal(2, few.GetProperty("windows").GetInt32());
        TestTerminal terminal = new();
        Assert.Equal(0, await terminal.Run("perplexity", Model, "--file", Text, "--context", "64", "--stride", "32"));
        Assert.Matches(@"perplexity +\d+\.\d{4} \+/- \d+\.\d{5}", terminal.Output);
        Assert.Contains("windows of 64, every 32", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Against_the_model_before_quantising()
    {
        JsonElement self = (await Json("perplexity", Model, "--file", Text, "--context", "64", "--against", Model, "--json")).GetProperty("against");
        Assert.Equal((0, 1), (self.GetProperty("kl_divergence").GetDouble(), self.GetProperty("same_top").GetDouble()));
        JsonElement coarse = await Json("perplexity", Model, "--file", Text, "--context", "64", "--quantize", "q4_0", "--against", Model, "--json");
        JsonElement reference = coarse.GetProperty("against");
        Assert.True(reference.GetProperty("kl_divergence").GetDouble() > 0);
        Assert.Equal(self.GetProperty("perplexity").GetDouble(), reference.GetProperty("perplexity").GetDouble());
        Assert.NotEqual(reference.GetProperty("perplexity").GetDouble(), coarse.GetProperty("perplexity").GetDouble());
        TestTerminal terminal = new();
        Assert.Equal(0, await terminal.Run("perplexity", Model, "--file", Text, "--context", "64", "--against", Model));
        Assert.Matches(@"same top token +100\.000 % \+/- 0\.000 %", terminal.Output);
    }

    [Fact]
    public async Task A_measured_matrix_is_taken_by_quantize()
    {
        string matrix = _folder.File("imatrix.gguf"), plain = _folder.File("plain.gguf"), weighted = _folder.File("weighted.gguf");
        JsonElement written = await Json("imatrix", Model, "--file", Text, "--out", matrix, "--context", "64", "--chunks", "3", "--json");
        Assert.Equal((3, 192), (written.GetProperty("chunks").GetInt32(), written.GetProperty("tokens").GetInt32()));
        Assert.Equal(0, written.GetProperty("unvisited_experts").GetInt32());
        TestTerminal terminal = new();
        Assert.Equal(0, await terminal.Run("quantize", Model, plain, "--type", "q4_0"));
        Assert.Equal(0, await terminal.Run("quantize", Model, weighted, "--type", "q4_0", "--imatrix", matrix));
        Assert.NotEqual(File.ReadAllBytes(plain), File.ReadAllBytes(weighted));
        Assert.Equal(0, await terminal.Run("imatrix", weighted, "--file", Text, "--out", matrix, "--context", "4", "--chunks", "1", "--process-output"));
        Assert.Matches(@"wrote .*imatrix\.gguf: \d+ tensors from 4 tokens in 1 chunks", terminal.Output);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*.tmp"));
    }

    [Fact]
    public async Task What_cannot_be_is_one_line()
    {
        File.WriteAllText(_folder.File("short"), "short");
        string wide = _folder.File("wide");
        TinyModel.Write(wide, TinyModel.Config.Replace("\"vocab_size\": 272", "\"vocab_size\": 288", StringComparison.Ordinal));
        await Fails("short: 6 tokens are less than one chunk of 64", "perplexity", Model, "--file", _folder.File("short"), "--context", "64");
        await Fails("none: no such file", "perplexity", Model, "--file", _folder.File("none"), "--context", "64");
        await Fails("from 4 to 128", "perplexity", Model, "--file", Text);
        await Fails("a stride of 64 tokens", "perplexity", Model, "--file", Text, "--context", "64", "--stride", "64");
        await Fails("272 and of 288 tokens", "perplexity", Model, "--file", Text, "--context", "64", "--against", wide);
        await Fails("--chunks must not be negative", "perplexity", Model, "--file", Text, "--chunks", "-1");
        await Fails("--file", "perplexity", Model);
        await Fails("there is no folder", "imatrix", Model, "--file", Text, "--out", _folder.File("none/a.gguf"));
        await Fails("ends in .gguf", "imatrix", Model, "--file", Text, "--out", _folder.File("a.dat"));
        await Fails("short: fewer tokens than one chunk", "imatrix", Model, "--file", _folder.File("short"), "--out", _folder.File("a.gguf"), "--context", "64");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "a*"));

        static async Task Fails(string message, params string[] arguments)
        {
            TestTerminal terminal = new();
            Assert.Equal(CommandLine.UserError, await terminal.Run(arguments));
            Assert.Contains(message, terminal.Error.ToString(), StringComparison.Ordinal);
            Assert.Equal(1, terminal.Error.ToString().Count(c => c == '\n'));
        }
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<JsonElement> Json(params string[] arguments)
    {
        TestTerminal terminal = new();
        Assert.True(await terminal.Run(arguments) == CommandLine.Done, terminal.Error.ToString());
        return JsonDocument.Parse(terminal.Output).RootElement;
    }
}
