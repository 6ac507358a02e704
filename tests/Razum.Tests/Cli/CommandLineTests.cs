using Razum.Cli;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary>Help, exit codes, and that every mistake of a user ends in one line.</summary>
public sealed class CommandLineTests
{
    public static TheoryData<string[], string> Mistakes => new()
    {
        { ["nope"], "'nope'" },
        { ["ask", "--bogus", "hi"], "unknown option --bogus" },
        { ["ask", "--top-k", "many", "hi"], "'many' for option '--top-k'" },
        { ["ask", "--quantize", "q9", "hi"], "q9" },
        { ["ask", "one", "two"], "'two'" },
        { ["chat", "--threads", "-3"], "--threads must be" },
        { ["train"], "train" },
        { ["train", "no/such/run.json"], "no/such/run.json" },
        { ["ask", "hi", "--model", "no/such/model"], "no/such/model" },
        { ["chat", "no-such-model"], "no-such-model" },
        { ["eval", "no-such-model"], "no-such-model" },
        { ["inspect", "no-such-model"], "no-such-model" },
        { ["ask", "hi", "--model", typeof(CommandLineTests).Assembly.Location], "is a file" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_one_line_on_standard_error(string[] arguments, string expected)
    {
        var terminal = new TestTerminal();
        int code = await terminal.Run(arguments);

        Assert.Equal(CommandLine.UserError, code);
        Assert.Equal("", terminal.Output);
        string error = terminal.Error.ToString();
        Assert.StartsWith("razum: ", error);
        Assert.Contains(expected, error);
        Assert.Equal(1, error.Count(c => c == '\n'));
        Assert.DoesNotContain("System.", error);
    }

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("chat", "--help")]
    [InlineData("ask", "--help")]
    [InlineData("train", "--help")]
    [InlineData("eval", "--help")]
    [InlineData("sample", "--help")]
    [InlineData("select", "--help")]
    [InlineData("clean", "--help")]
    [InlineData("inspect", "--help")]
    [InlineData("tokenize", "--help")]
    [InlineData("perplexity", "--help")]
    [InlineData("imatrix", "--help")]
    public async Task Help_ends_with_examples(params string[] arguments)
    {
        var terminal = new TestTerminal();
        int code = await terminal.Run(arguments);

        Assert.Equal(CommandLine.Done, code);
        string verb = arguments.Length == 2 ? arguments[0] : "chat";
        Assert.Contains($"razum {verb}", terminal.Output.Split("Examples:")[1]);
        Assert.Equal("", terminal.Error.ToString());
    }
}
