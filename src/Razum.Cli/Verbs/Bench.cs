using System.CommandLine;
using Razum.Cli.Screens;
using Razum.Training.Plots;
using Razum.Training.Speed;
using Spectre.Console;

namespace Razum.Cli.Verbs;

/// <summary><c>razum bench [MODEL]</c>: how fast a model is here, as tokens per second and as share of what the machine allows.</summary>
internal sealed class Bench : Verb
{
    private const int MostRounds = 1000;
    private const int MostSequences = 4096;

    private readonly Argument<string?> _model = new("MODEL")
    {
        Description = $"Folder of a model, the name of one under models, or owner/name of one that was pulled; {ModelFolder.Default} unless a shape is named.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _shape = new("--shape")
    {
        Description = $"Instead of a model: random weights in the shape of {string.Join(", ", NamedShapes.Names)}.",
        HelpName = "NAME",
    };

    private readonly Option<int?> _prompt = new("--prompt") { Description = "Tokens of the prompt; 0 leaves it out. Usually 512.", HelpName = "N" };

    private readonly Option<int?> _generate = new("--generate")
    {
        Description = "Tokens to generate, a quarter of them in each sequence of a batch; 0 leaves it out. Usually 128.",
        HelpName = "N",
    };

    private readonly Option<int[]> _batch = new("--batch")
    {
        Description = "Sequences generated together; may be given several times, 0 leaves it out. Usually 8 and 64.",
        HelpName = "N",
    };

    private readonly Option<string?> _quantize = GenerationArguments.CreateQuantize();
    private readonly Option<string> _arithmetic = GenerationArguments.CreateArithmetic(trains: true);
    private readonly Option<int> _rounds = new("--rounds") { Description = "Rounds to take medians of.", HelpName = "N", DefaultValueFactory = _ => 5 };
    private readonly Option<bool> _noTrain = new("--no-train") { Description = "Leave training out." };
    private readonly Option<bool> _json = new("--json") { Description = "Print everything as one JSON object." };
    private readonly Option<string?> _plot = new("--plot") { Description = "Draw a roofline picture.", HelpName = "FILE.png" };

    public Bench(Terminal terminal, Option<int> threads)
        : base("bench", "Measure how fast a model runs and trains here, beside the machine's peaks.", terminal, threads)
    {
        Add(_model);
        Add(_shape);
        Add(_prompt);
        Add(_generate);
        Add(_batch);
        Add(_quantize);
        Add(_arithmetic);
        Add(_rounds);
        Add(_noTrain);
        Add(_json);
        Add(_plot);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum bench models/nano",
        "razum bench --shape r1-distill-qwen-1.5b --quantize q8_0 --rounds 3 --plot roofline.png",
        "razum bench --shape nano --prompt 0 --batch 1 --batch 16 --no-train --json",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        BenchmarkOptions options = Read(arguments);
        (string? name, string? shape, string? picture) = (arguments.GetValue(_model), arguments.GetValue(_shape), arguments.GetValue(_plot));
        if (name is not null && shape is not null)
        {
            throw new ArgumentException("give a model or a shape, not both");
        }

        if (picture is not null)
        {
            RequirePlace("--plot", picture, ".png");
        }

        BenchmarkReport report;
        CancellationToken cancellation = Terminal.Interrupts.Begin();
        try
        {
            report = await WorkScreen.Run(Terminal, progress => Task.Run(() => Measure(name, shape, options, progress, cancellation))).ConfigureAwait(false);
        }
        finally
        {
            Terminal.Interrupts.End();
        }

        if (arguments.GetValue(_json))
        {
            Json.Write(Terminal.Out, json => BenchJson.Write(json, report));
        }
        else
        {
            BenchScreen.Draw(Terminal.Screen, report);
        }

        if (picture is not null)
        {
            RooflinePlot.Draw(report, picture);
        }

        return CommandLine.Done;
    }

    private static async Task<BenchmarkReport> Measure(
        string? name, string? shape, BenchmarkOptions options, Action<string, double> progress, CancellationToken cancellation)
    {
        progress("making the model", 0);
        using MeasuredModel model = shape is not null
            ? MeasuredModel.Fill(shape, options)
            : MeasuredModel.Load(ModelFolder.Find(name ?? ModelFolder.Default), options);
        return await new ModelBenchmark(model, options) { Progress = progress }.RunAsync(cancellation).ConfigureAwait(false);
    }

    private BenchmarkOptions Read(ParseResult arguments)
    {
        int[] batch = arguments.GetValue(_batch) ?? [];
        int rounds = arguments.GetValue(_rounds);
        bool negative = arguments.GetValue(_prompt) < 0 || arguments.GetValue(_generate) < 0;
        if (negative || rounds is < 1 or > MostRounds || batch.Any(n => n is < 0 or > MostSequences))
        {
            throw new ArgumentException(
                $"--rounds must be from 1 to {MostRounds}, --batch from 0 to {MostSequences}, --prompt and --generate must not be negative");
        }

        var options = new BenchmarkOptions
        {
            Threads = Threads(arguments),
            Quantize = GenerationArguments.FormatOf(arguments.GetValue(_quantize)),
            Arithmetic = GenerationArguments.ArithmeticOf(arguments.GetValue(_arithmetic)),
            PromptTokens = arguments.GetValue(_prompt),
            GenerateTokens = arguments.GetValue(_generate),
            Rounds = rounds,
            Train = !arguments.GetValue(_noTrain),
        };
        return batch.Length > 0 ? options with { BatchSizes = [.. batch.Where(n => n > 0).Distinct()] } : options;
    }
}
