using System.CommandLine;
using Razum.Cli.Screens;
using Razum.Training.Data;
using Razum.Training.Loop;
using Razum.Training.Runs;
using Spectre.Console;

namespace Razum.Cli.Verbs;

/// <summary><c>razum train RUN</c>: does what a run file says, from where it was left.</summary>
internal sealed class Train : Verb
{
    /// <summary>The sources of examples that a run file may name.</summary>
    private static readonly Dictionary<string, Func<DataConfig, int, ConversationSource>> s_sources = new()
    {
        ["nano"] = (data, seed) => new NanoConversations(
            new NanoExamples((ulong)seed, data.Families.Count > 0 ? data.Families : null, data.Worked, data.Level)),
    };

    private readonly Argument<string> _run = new("RUN") { Description = "A run file, such as runs/nano.json." };

    public Train(Terminal terminal, Option<int> threads)
        : base("train", "Train a model as a run file says. An interrupted run goes on where it was.", terminal, threads)
    {
        Add(_run);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum train runs/nano.json",
        "razum train runs/nano.json --threads 2",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        string path = arguments.GetValue(_run)!;
        RunConfig run = RunConfigReader.Read(path);
        var screen = new TrainScreen(Terminal);
        using var loop = new TrainLoop(run, new TrainOptions { Threads = Threads(arguments), Sources = s_sources, Progress = screen.Show });
        Terminal.Screen.WriteLine(loop.Step > 0
            ? $"{run.Name}: going on after step {loop.Step} of {run.Steps}"
            : $"{run.Name}: {run.Steps} steps into {run.Output}");
        CancellationToken cancellation = Terminal.Interrupts.Begin();
        TrainResult result;
        try
        {
            result = screen.Run(() => loop.Run(cancellation));
        }
        finally
        {
            Terminal.Interrupts.End();
        }

        Terminal.Screen.WriteLine(result.Completed
            ? $"{run.Name}: done; the model is in {result.Folder}"
            : $"{run.Name}: stopped after step {result.Step}, saved in {result.Folder}; to go on: razum train {path}");
        return Task.FromResult(result.Completed ? CommandLine.Done : CommandLine.Failed);
    }
}
