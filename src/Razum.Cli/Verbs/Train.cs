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

    private readonly Argument<string> _run = new("RUN") { Description = "A run file, such as runs/zero-demo.json." };

    private readonly Option<double?> _price = new("--price") { Description = "What an hour of one processor costs you, to show what the run costs.", HelpName = "P" };

    private readonly Option<int?> _seed = new("--seed") { Description = "A seed to use in place of the run file's.", HelpName = "N" };

    public Train(Terminal terminal, Option<int> threads)
        : base("train", "Train a model as a run file says. An interrupted run goes on where it was.", terminal, threads)
    {
        Add(_run);
        Add(_price);
        Add(_seed);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum train runs/r1/base.json",
        "razum train runs/zero-demo.json",
        "razum train runs/r1/base.json --seed 2 --threads 2 --price 0.02",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        string path = arguments.GetValue(_run)!;
        int? seed = arguments.GetValue(_seed);
        RunConfig run = RunConfigReader.Read(path, seed >= 0 ? seed : seed is null ? null : throw new ArgumentException($"--seed {seed} must be at least 0"));
        double? price = arguments.GetValue(_price);
        if (price is < 0 or double.NaN)
        {
            throw new ArgumentException($"--price {price} must be at least 0");
        }

        void ShowMemory(string plan) => ShowNotice($"memory: {plan}");
        void ShowNotice(string text) => Terminal.Screen.WriteLine($"{run.Name}: {text}");

        var screen = new TrainScreen(Terminal, price);
        using var loop = new TrainLoop(run, new TrainOptions
        {
            Threads = Threads(arguments),
            Sources = s_sources,
            Memory = ShowMemory,
            Notice = ShowNotice,
            Before = screen.ShowBefore,
            Progress = screen.Show,
        });
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

        string kind = run.Lora is null ? "model" : "adapter";
        screen.ShowEnd();
        Terminal.Screen.WriteLine(result.Stopped is { } reason
            ? $"{run.Name}: stopped after step {result.Step}: {reason}; the best {kind} so far is in {result.Folder}"
            : result.Completed
            ? $"{run.Name}: done; the {kind} is in {result.Folder}"
            : $"{run.Name}: stopped after step {result.Step}, saved in {result.Folder}; to go on: razum train {path}{(seed is null ? "" : $" --seed {seed}")}");
        return Task.FromResult(result.Completed ? CommandLine.Done : CommandLine.Failed);
    }
}
