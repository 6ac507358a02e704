using Razum.Cli;
using Razum.Tests.Repository;
using Xunit;

namespace Razum.Tests.Cli;

/// <summary><c>razum train</c>: lines for a pipe, Ctrl-C and going on, faults. On a run of a tiny model over a few kilobytes of text.</summary>
public sealed class TrainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_run_reports_its_steps_and_leaves_a_model()
    {
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.Done, await terminal.Run("train", WriteRun(6), "--threads", "1"));
        Assert.Contains("tiny: 6 steps into", terminal.Output);
        Assert.Contains("only step 1/6  loss ", terminal.Output);
        Assert.Contains("only step 6/6  loss ", terminal.Output);
        Assert.Contains("tokens/s", terminal.Output);
        Assert.Contains("tiny: done; the model is in ", terminal.Output.ReplaceLineEndings(""));
        Assert.Equal("", terminal.Error.ToString());

        var inspect = new TestTerminal();
        Assert.Equal(CommandLine.Done, await inspect.Run("inspect", _folder.File("out/final")));
    }

    [Fact]
    public async Task A_chain_runs_its_steps_with_one_seed_and_stops_at_a_fault()
    {
        string run = WriteRun(2);
        File.WriteAllText(run, File.ReadAllText(run).Replace("\"out\"", "\"out-{seed}\""));
        string chain = _folder.File("chain.json");
        File.WriteAllText(chain, """{"steps": [["train", "RUN"], ["train", "RUN", "--seed", "{seed}1"], ["inspect", "out-{seed}/final"], ["inspect", "none"], ["inspect", "out-{seed}/final"]]}"""
            .Replace("RUN", Path.GetFileName(run)));
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.UserError, await terminal.Run("chain", chain, "--seed", "3"));
        Assert.Contains("step 1 of 5: razum train run.json --seed 3", terminal.Output);
        Assert.Contains("step 3 of 5: razum inspect out-3/final", terminal.Output);
        Assert.Contains("step 4 of 5", terminal.Output);
        Assert.DoesNotContain("step 5 of 5", terminal.Output);
        Assert.True(Directory.Exists(_folder.File("out-3/final")));
        Assert.True(Directory.Exists(_folder.File("out-31/final")));
    }

    [Fact]
    public async Task Reinforcement_of_the_shipped_base_shows_what_happens()
    {
        string runs = Path.Combine(RepositoryFolder.Root, "runs");
        string run = _folder.File("zero.json");
        File.WriteAllText(run, File.ReadAllText(Path.Combine(runs, "zero-demo.json"))
            .Replace("../models/", Path.Combine(RepositoryFolder.Root, "models").Replace('\\', '/') + "/")
            .Replace("../out/", "out/").Replace("\"steps\": 50", "\"steps\": 2").Replace("\"prompts\": 32", "\"evaluate_prompts\": 8, \"prompts\": 4"));
        var terminal = new TestTerminal(interactive: true, colors: true);
        Assert.Equal(CommandLine.Done, await terminal.Run("train", run, "--price", "0.5"));
        foreach (string shown in (string[])["before: held-out", "after: held-out", "reward", "tokens of an answer", "mismatch 0 of", "an answer of this step", "price", "core-hours"])
        {
            Assert.Contains(shown, terminal.Output);
        }

        File.Delete(run);
        run = WriteRun(6);
        var refused = new TestTerminal();
        Assert.Equal(CommandLine.UserError, await refused.Run("train", run, "--price", "-1"));
    }

    [Fact]
    public async Task Interrupt_saves_and_the_same_command_goes_on()
    {
        string run = WriteRun(1_000_000);
        var terminal = new TestTerminal();
        Task<int> training = Task.Run(() => terminal.Run("train", run), TestContext.Current.CancellationToken);
        while (!terminal.Terminal.Interrupts.Press())
        {
            Assert.False(training.IsCompleted);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal(CommandLine.Failed, await training);
        Assert.Contains("tiny: stopped after step ", terminal.Output);
        Assert.Contains("to go on: razum train", terminal.Output.ReplaceLineEndings(" "));

        var again = new TestTerminal();
        training = Task.Run(() => again.Run("train", run), TestContext.Current.CancellationToken);
        while (!again.Terminal.Interrupts.Press())
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await training;
        Assert.Contains("tiny: going on after step ", again.Output);
    }

    [Fact]
    public async Task A_fault_in_the_run_file_is_one_line()
    {
        string run = WriteRun(6);
        File.WriteAllText(run, File.ReadAllText(run).Replace("\"seed\": 1", "\"seed\": \"one\""));
        var terminal = new TestTerminal();
        Assert.Equal(CommandLine.UserError, await terminal.Run("train", run));
        Assert.Contains("seed", terminal.Error.ToString());
        Assert.Equal(1, terminal.Error.ToString().Count(c => c == '\n'));
        Assert.Equal("", terminal.Output);
    }

    public void Dispose() => _folder.Dispose();

    private string WriteRun(int steps)
    {
        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Range(0, 500).Select(i => $"{i} and {i * i}.\n")));
        File.WriteAllText(_folder.File("run.json"), $$"""
            {
              "name": "tiny", "seed": 1, "tokenizer": "bytes", "output": "out", "sequence_length": 32, "micro_batch_tokens": 64,
              "model": { "config": {{TinyModel.Config}} },
              "stages": [
                {
                  "name": "only", "steps": {{steps}}, "step_tokens": 64, "learning_rate": 0.01,
                  "schedule": { "kind": "constant" }, "data": { "kind": "text", "files": ["text.txt"] }
                }
              ]
            }
            """);
        return _folder.File("run.json");
    }
}
