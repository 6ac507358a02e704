using Razum.Cli;
using Razum.Tests.Repository;
using Razum.Training.Data;
using Razum.Training.Data.Files;
using Razum.Training.Data.Samples;
using Razum.Training.Tasks;

namespace Razum.Tests.Cli;

/// <summary><c>razum sample</c>, <c>select</c> and <c>clean</c>: from a model to conversations that training reads.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Samples_are_drawn_once_and_the_same_whatever_was_there_before()
    {
        TinyModel.Write(_folder.File("model"));
        string[] Arguments(string name, int n) =>
            ["sample", _folder.File("model"), "--tasks", "gcd,parity", "--n", $"{n}", "--samples", "2", "--max-tokens", "5", "--out", _folder.File(name)];
        Assert.Equal(CommandLine.Done, await new TestTerminal().Run(Arguments("whole.jsonl", 6)));
        Assert.Equal(CommandLine.Done, await new TestTerminal().Run(Arguments("parts.jsonl", 2)));
        File.AppendAllText(_folder.File("parts.jsonl"), "{\"family\":");
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run(Arguments("parts.jsonl", 6)));
        Assert.Contains("8 samples added to 4", terminal.Output.ReplaceLineEndings(" "));

        Sample[] whole = Read("whole.jsonl"), parts = Read("parts.jsonl");
        Assert.Equal(12, whole.Length);
        Assert.Equal(whole, parts);
        Assert.All(whole, s => Assert.True(s.Logprob < 0 && s.Tokens is > 0 and <= 5));
        Assert.True(whole.Select(s => s.Reasoning).Distinct().Count() > 6);

        Sample[] Read(string name) => [.. SampleFile.Read([_folder.File(name)]).Samples.OrderBy(s => (s.Index, s.Draw))];
    }

    [Fact]
    public async Task Selected_samples_are_conversations_and_clean_ones_stay()
    {
        using (SampleFile file = SampleFile.Open(_folder.File("samples.jsonl"), new SampleSettings("nano", "gcd", 1, 1, 256, 1)))
        {
            file.Add(new Sample("gcd", "gcd 6 9", 0, 0, "gcd of 6 and 9", "9%6=3;6%3=0", "3", TaskOutcome.Correct, 9, -1));
            file.Add(new Sample("gcd", "gcd 6 9", 0, 1, "gcd of 6 and 9", "it is 6", "6", TaskOutcome.Wrong, 9, -1));
        }

        string[] select = ["select", _folder.File("samples.jsonl"), "--rates", _folder.File("rates.jsonl"), "--out", _folder.File("selected.jsonl")];
        Assert.Equal(CommandLine.Done, await new TestTerminal().Run(select));
        Assert.Equal(0.5, PassRates.Read(_folder.File("rates.jsonl")).Of("gcd 6 9"));
        Razum.Training.Data.Conversation learned = new ConversationFile([_folder.File("selected.jsonl")], 0, 1).Get(Split.Train, 0);
        Assert.Equal("9%6=3;6%3=0", learned.Messages[1].ReasoningContent);
        var unverified = new TestTerminal();
        Assert.Equal(CommandLine.Done, await unverified.Run("select", _folder.File("samples.jsonl"), "--unverified", "--out", _folder.File("all.jsonl")));
        Assert.Equal(2, File.ReadAllLines(_folder.File("all.jsonl")).Length);
        Assert.Equal(CommandLine.UserError, await unverified.Run(["select", _folder.File("samples.jsonl"), "--unverified", "--pairs", "--out", _folder.File("p.jsonl")]));

        File.WriteAllText(_folder.File("test.jsonl"), """{"question": "gcd of 6 and 9", "answer": "#### 3"}""");
        File.AppendAllText(_folder.File("selected.jsonl"), """{"prompt": "gcd of 8 and 9", "answer": "1"}""" + "\n");
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run(
            "clean", _folder.File("selected.jsonl"), "--set", $"gsm8k={_folder.File("test.jsonl")}", "--words", "8", "--near", "0.9", "--out", _folder.File("clean.jsonl")));
        Assert.Contains("2 conversations read, 1 kept", terminal.Output);
        Assert.Equal("1", new ConversationColumns().Read(Assert.Single(DataFiles.Read(_folder.File("clean.jsonl")))).Messages[1].Content);
        Assert.True(File.Exists(_folder.File("clean.jsonl.md")) && File.Exists(_folder.File("clean.jsonl.json")));
    }

    [Fact]
    public async Task Selected_pairs_are_what_a_stage_of_preference_learns()
    {
        using (SampleFile file = SampleFile.Open(_folder.File("samples.jsonl"), new SampleSettings("zero", "chains", 1, 1, 96, 1)))
        {
            for (int i = 0; i < 12; i++)
            {
                file.Add(new Sample("chain_mod100", $"{i}", i, 0, $"{i}+1+2 mod 100", $"{i}+1={i + 1};{i + 1}+2={i + 3}", $"{i + 3}", TaskOutcome.Correct, 9, -1));
                file.Add(new Sample("chain_mod100", $"{i}", i, 1, $"{i}+1+2 mod 100", "", $"{i + 4}", TaskOutcome.Wrong, 3, -1));
            }
        }

        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run("select", _folder.File("samples.jsonl"), "--pairs", "--out", _folder.File("pairs.jsonl")));
        Assert.Contains("12 pairs of 12 of 12 problems", terminal.Output);
        File.WriteAllText(_folder.File("run.json"), $$"""
            {
              "name": "pairs", "seed": 1, "tokenizer": "bytes", "output": "out", "sequence_length": 96, "micro_batch_tokens": 400,
              "model": { "checkpoint": "{{Path.Combine(RepositoryFolder.Root, "models", "zero-base").Replace('\\', '/')}}" },
              "evaluation": { "every": 2, "tokens": 400 },
              "stages": [ { "name": "dpo", "steps": 4, "learning_rate": 0.0001, "schedule": { "kind": "constant" },
                "preference": { "pairs": 4, "files": ["pairs.jsonl"], "held_out": 0.2 } } ]
            }
            """);
        foreach (bool interactive in (bool[])[false, true])
        {
            var training = new TestTerminal(interactive: interactive, colors: interactive);
            Assert.Equal(CommandLine.Done, await training.Run("train", _folder.File("run.json")));
            foreach (string shown in (string[])["in order", "margin", "log p", "held-out"])
            {
                Assert.Contains(shown, training.Output);
            }

            Directory.Delete(_folder.File("out"), recursive: true);
        }
    }

    [Theory]
    [InlineData("give --tasks or --set", "sample", "MODEL")]
    [InlineData("unknown task 'poems'", "sample", "MODEL", "--tasks", "poems")]
    [InlineData("--samples from", "sample", "MODEL", "--tasks", "gcd", "--samples", "0")]
    [InlineData("nowhere: no such file of samples", "select", "nowhere")]
    [InlineData("--longer needs --pairs", "select", "nowhere", "--longer")]
    [InlineData("--max-pass-rate", "select", "nowhere", "--max-pass-rate", "2")]
    [InlineData("nowhere: no such file or folder", "clean", "nowhere")]
    [InlineData("--near must be", "clean", "nowhere", "--near", "2")]
    public async Task Faults_are_one_line_and_leave_no_file(string expected, params string[] arguments)
    {
        TinyModel.Write(_folder.File("model"));
        var terminal = new TestTerminal();
        string[] own = [.. arguments.Select(a => a == "MODEL" ? _folder.File("model") : a), "--out", _folder.File("out.jsonl")];
        Assert.Equal(CommandLine.UserError, await terminal.Run(own));
        Assert.Contains(expected, terminal.Error.ToString());
        Assert.Equal(1, terminal.Error.ToString().Count(c => c == '\n'));
        Assert.False(File.Exists(_folder.File("out.jsonl")));
    }

    public void Dispose() => _folder.Dispose();
}
