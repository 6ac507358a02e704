using System.Text.Json;
using Razum.Cli;
using Razum.Training.Evals;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary><c>razum eval</c> on a tiny random model: the table, the files, the questions, the faults.</summary>
public sealed class EvalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task The_table_goes_to_standard_output_and_to_files()
    {
        TinyModel.Write(_folder.Path);
        var terminal = new TestTerminal(pipedInput: "");
        string output = _folder.File("results/tiny");
        Assert.Equal(CommandLine.Done, await terminal.Run("eval", _folder.Path, "--n", "3", "--samples", "2", "--tasks", "gcd,parity", "sorting", "--out", output));

        Assert.Contains("| gcd | 3 | ", terminal.Output);
        Assert.Contains("pass@2", terminal.Output);
        Assert.Equal(terminal.Output, File.ReadAllText(output + ".md"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(output + ".json"));
        Assert.True(new FileInfo(output + ".png").Length > 1000);
        Assert.Equal(9, File.ReadAllLines(output + ".jsonl").Length);
        Assert.Equal(["gcd", "parity", "sorting"], json.RootElement.GetProperty("families").EnumerateArray().Select(f => f.GetProperty("family").GetString()));
    }

    [Fact]
    public async Task Two_models_and_a_published_set()
    {
        TinyModel.Write(_folder.File("a"));
        TinyModel.Write(_folder.File("b"));
        File.WriteAllLines(_folder.File("test.jsonl"), Enumerable.Range(0, 6).Select(i => $$"""{"question": "{{i}}+1?", "answer": "so\n#### {{i + 1}}"}"""));
        var terminal = new TestTerminal(pipedInput: "");
        string output = _folder.File("out");
        Assert.Equal(CommandLine.Done, await terminal.Run(
            "eval", _folder.File("a"), "--against", _folder.File("b"), "--set", $"gsm8k={_folder.File("test.jsonl")}", "--samples", "2", "--max-tokens", "4", "--out", output));
        Assert.Contains("| gsm8k | 6 | 0.0 % [0.0, 39.0] |", terminal.Output);
        Assert.Contains("| gsm8k | 6 | 0.0 % | 0.0 % | 0 | 0 | 1.000 | 0.0 % [0.0, 0.0] | 1.000 |", terminal.Output);
        Assert.All((string[])[".md", "-against.json", "-comparison.md", "-comparison.json", "-comparison.png"], end => Assert.True(File.Exists(output + end), end));

        terminal = new TestTerminal(interactive: true);
        Assert.Equal(CommandLine.Done, await terminal.Run("eval", _folder.File("a"), "--against", _folder.File("b"), "--tasks", "gcd", "--n", "2", "--samples", "0"));
        Assert.Contains("only second", terminal.Output);
    }

    [Fact]
    public async Task A_person_sees_a_table()
    {
        TinyModel.Write(_folder.Path);
        var terminal = new TestTerminal(interactive: true);
        Assert.Equal(CommandLine.Done, await terminal.Run("eval", _folder.Path, "--n", "2", "--samples", "0", "--tasks", "gcd"));
        Assert.Contains("greedy", terminal.Output);
        Assert.DoesNotContain("pass@", terminal.Output);
        Assert.Contains("average greedy accuracy 0.0 %", terminal.Output);
    }

    [Fact]
    public void Questions_depend_on_the_seed_alone()
    {
        string[] Ask(int seed) => [.. EvaluationFamilies.Make([], 5, seed).SelectMany(f => f.Prompts).Select(p => p.Text)];
        Assert.Equal(Ask(1), Ask(1));
        Assert.NotEqual(Ask(1), Ask(2));
        Assert.True(EvaluationFamilies.Make([], 1, 1).Count >= 8);
        Assert.All(EvaluationFamilies.Make(["gcd"], 200, 1), family => Assert.True(family.Prompts.Select(p => p.Text).Distinct().Count() > 190));
    }

    [Theory]
    [InlineData("unknown task 'cooking'", "--tasks", "cooking")]
    [InlineData("--n must be", "--n", "0")]
    [InlineData("--samples from", "--samples", "-1")]
    [InlineData("'gsm8k' is not NAME=PATH", "--set", "gsm8k")]
    [InlineData("nowhere: no such file", "--set", "gsm8k=nowhere")]
    [InlineData("no-such-model", "--against", "no-such-model")]
    [InlineData("Temperature", "--temperature", "-1", "--n", "1", "--tasks", "gcd")]
    public async Task Faults_are_one_line(string expected, params string[] arguments)
    {
        TinyModel.Write(_folder.Path);
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.UserError, await terminal.Run(["eval", _folder.Path, .. arguments]));
        Assert.Contains(expected, terminal.Error.ToString());
        Assert.Equal(1, terminal.Error.ToString().Count(c => c == '\n'));
    }

    public void Dispose() => _folder.Dispose();
}
