using System.CommandLine;
using Razum.Training.Plots;
using Spectre.Console;

namespace Razum.Cli.Verbs;

/// <summary><c>razum plot RUNS</c>: one figure of several training runs in one picture.</summary>
internal sealed class Plot : Verb
{
    private readonly Argument<string[]> _runs = new("RUNS")
    {
        Description = "Output folders of runs, as LABEL=FOLDER[,FOLDER ...] or FOLDER; of several behind one label the mean is drawn, and their spread.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _field = new("--field")
    {
        Description = "A field of metrics.jsonl.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "loss",
    };

    private readonly Option<string> _over = new("--over")
    {
        Description = "The horizontal axis: step, flops, core_hours or any other field that every line has.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "step",
    };

    private readonly Option<bool> _logarithmic = new("--log") { Description = "Powers of ten on the vertical axis." };
    private readonly Option<string> _out = new("--out") { Description = "The picture, a PNG.", HelpName = "FILE", Required = true };

    public Plot(Terminal terminal, Option<int> threads)
        : base("plot", "Draw one figure of several training runs.", terminal, threads)
    {
        Add(_runs);
        Add(_field);
        Add(_over);
        Add(_logarithmic);
        Add(_out);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum plot out/zero-demo --field held_out_accuracy --out out/accuracy.png",
        "razum plot moe=out/moe-1,out/moe-2 dense=out/dense-1,out/dense-2 --field held_out_loss --over flops --log --out out/loss.png",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        (string, IReadOnlyList<string>)[] curves = [.. arguments.GetValue(_runs)!.Select(Curve)];
        string file = arguments.GetValue(_out)!;
        ComparisonPlot.Draw(curves, arguments.GetValue(_field)!, arguments.GetValue(_over)!, arguments.GetValue(_logarithmic), file);
        Terminal.Screen.WriteLine(file);
        return Task.FromResult(CommandLine.Done);
    }

    private static (string Label, IReadOnlyList<string> Runs) Curve(string text)
    {
        int mark = text.IndexOf('=', StringComparison.Ordinal);
        string[] folders = text[(mark + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries);
        return folders.Length == 0
            ? throw new ArgumentException($"{text}: expected LABEL=FOLDER,FOLDER or FOLDER")
            : (mark < 0 ? Path.GetFileName(Path.TrimEndingDirectorySeparator(text)) : text[..mark], [.. folders.Select(f => Path.Combine(f, "metrics.jsonl"))]);
    }
}
