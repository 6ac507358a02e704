using System.Text.Json;
using Razum.Cli;

namespace Razum.Tests.Cli;

/// <summary><c>razum plan</c> for a machine of a given size: the same facts as a table and as JSON, a sentence that says what they come to, faults in one line.</summary>
public sealed class PlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task R1_in_numbers_and_words()
    {
        JsonElement plan = await Json("r1-671b", "--context", "4096", "--memory", "24");
        Assert.Equal(671_026_419_200, plan.GetProperty("parameters").GetProperty("total").GetInt64());
        Assert.Equal(688_574_839_360, plan.GetProperty("files").GetProperty("bytes").GetInt64());
        Assert.Equal(["F8_E4M3", "BF16", "F32"], plan.GetProperty("files").GetProperty("types").EnumerateArray().Select(t => t.GetProperty("type").GetString()));
        Assert.Equal(61L * 576 * 4 * 4096, plan.GetProperty("keys_and_values").GetInt64());
        Assert.Equal(24_000_000_000, plan.GetProperty("available").GetInt64());
        Assert.Equal("runs from disk", plan.GetProperty("verdict").GetString());
        string words = plan.GetProperty("words").GetString()!;
        Assert.Matches(@"^runs from disk at about \d+\.\d GB read per token$", words);

        string table = await Text("r1-671b", "--context", "4096", "--memory", "24");
        Assert.Contains(words, table, StringComparison.Ordinal);
        Assert.Contains("671.0 B, 36.6 B multiplied with per token", table, StringComparison.Ordinal);
        Assert.Contains("688.6 GB, 15.4 GB of them multi-token prediction", table, StringComparison.Ordinal);
        Assert.Contains("680.6 GB in 45,808 tensors", table, StringComparison.Ordinal);
        Assert.Contains("1 x 4,096 tokens of 140.5 kB", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fits: ", "llama-3.1-8b", "--type", "q8_0", "--context", "4096", "--memory", "16")]
    [InlineData("runs from disk at about 8.0 GB read per token", "llama-3.1-8b", "--type", "q8_0", "--context", "4096", "--memory", "7")]
    [InlineData("does not fit: keys and values take 34.4 GB, there are 12.0 GB for them; with --context 45760 it fits: ", "llama-3.1-8b", "--type", "q8_0", "--memory", "24")]
    [InlineData("which leaves no room for keys and values of 64 sequence(s)", "r1-671b", "--type", "q4_k_m", "--batch", "64", "--memory", "8")]
    public async Task The_verdict_in_plain_words(string words, params string[] arguments) => Assert.Contains(words, (await Json(arguments)).GetProperty("words").GetString(), StringComparison.Ordinal);

    [Fact]
    public async Task A_folder_with_a_config_alone_is_enough()
    {
        Directory.CreateDirectory(_folder.Path);
        TinyModel.Write(_folder.File("whole"));
        Directory.CreateDirectory(_folder.File("alone"));
        File.WriteAllText(_folder.File("alone/config.json"), TinyModel.Config.Replace("\"hidden_act\"", "\"torch_dtype\": \"float32\", \"hidden_act\"", StringComparison.Ordinal));
        JsonElement whole = await Json(_folder.File("whole"), "--memory", "1"), alone = await Json(_folder.File("alone"), "--memory", "1");
        foreach (string field in (string[])["files", "own_weights", "keys_and_values", "step", "placement", "words"])
        {
            Assert.Equal(whole.GetProperty(field).GetRawText(), alone.GetProperty(field).GetRawText());
        }

        JsonElement here = await Json(_folder.File("whole"), "--type", "q8_0");
        Assert.True(here.GetProperty("available").GetInt64() > 0);
        Assert.Contains(here.GetProperty("files").GetProperty("types").EnumerateArray(), t => t.GetProperty("type").GetString() == "Q8_0");
    }

    [Theory]
    [InlineData("unknown type 'q9'; there are fp8, bf16", "nano", "--type", "q9")]
    [InlineData("no model nowhere", "nowhere")]
    [InlineData("--batch must be from 1 to 4096", "r1-671b", "--batch", "0")]
    [InlineData("--context -5 must not be negative", "r1-671b", "--context", "-5")]
    [InlineData("--memory from 0", "r1-671b", "--memory", "-1")]
    public async Task Faults_are_one_line(string message, params string[] arguments)
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.UserError, await terminal.Run(["plan", .. arguments]));
        Assert.Contains(message, Assert.Single(terminal.Error.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string> Text(params string[] arguments)
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run(["plan", .. arguments]));
        return terminal.Output;
    }

    private static async Task<JsonElement> Json(params string[] arguments) => JsonDocument.Parse(await Text([.. arguments, "--json"])).RootElement;
}
