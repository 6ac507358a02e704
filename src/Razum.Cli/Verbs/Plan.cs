using System.CommandLine;
using Razum.Inference;
using Razum.Training.Speed;
using Spectre.Console;

namespace Razum.Cli.Verbs;

/// <summary><c>razum plan MODEL</c>: what memory a model takes, before anything is loaded.</summary>
internal sealed class Plan : Verb
{
    private const int MostSequences = 4096;

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = $"Folder of a model (config.json is enough), a .gguf file, a name under models, owner/name of one that was pulled, or a shape: {string.Join(", ", NamedShapes.Names)}.",
    };

    private readonly Option<string?> _type = new("--type")
    {
        Description = $"Plan for files of another type: {string.Join(", ", ServingPlan.KnownTypes)}.",
        HelpName = "TYPE",
    };

    private readonly Option<int> _context = GenerationArguments.CreateContext();
    private readonly Option<int> _batch = new("--batch") { Description = "Sequences at a time.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _arithmetic = GenerationArguments.CreateArithmetic();
    private readonly Option<double?> _memory = new("--memory") { Description = "GB of free memory of the machine; usually that of this one.", HelpName = "GB" };
    private readonly Option<bool> _json = new("--json") { Description = "Print everything as one JSON object." };

    public Plan(Terminal terminal, Option<int> threads)
        : base("plan", "Show what memory a model takes, before it is loaded.", terminal, threads)
    {
        Add(_model);
        Add(_type);
        Add(_context);
        Add(_batch);
        Add(_arithmetic);
        Add(_memory);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum plan models/nano",
        "razum plan r1-671b --type q4_k_m --context 8192 --memory 512",
        "razum plan llama-3.1-8b --batch 16 --context 4096 --json",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        int batch = arguments.GetValue(_batch);
        double? memory = arguments.GetValue(_memory);
        if (batch is < 1 or > MostSequences || memory is <= 0 or > 1e9 or double.NaN)
        {
            throw new ArgumentException($"--batch must be from 1 to {MostSequences}, --memory from 0 to 1000000000 GB");
        }

        EngineOptions options = new()
        {
            MaxSequences = batch,
            ContextLength = GenerationArguments.ContextOf(arguments.GetValue(_context)),
            Arithmetic = GenerationArguments.ArithmeticOf(arguments.GetValue(_arithmetic)),
        };
        ServingPlan plan = Make(arguments, options, memory);
        ServingPlan? shorter = plan is { Verdict: ServingVerdict.TooLarge, FittingContext: > 0 }
            ? Make(arguments, options with { ContextLength = plan.FittingContext }, memory)
            : null;
        if (arguments.GetValue(_json))
        {
            Json.Write(Terminal.Out, json => PlanReport.Write(json, plan, shorter));
            return Task.FromResult(CommandLine.Done);
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        grid.AddRow("[dim]model[/]", plan.Name.EscapeMarkup());
        foreach ((string name, string value) in PlanReport.Lines(plan))
        {
            grid.AddRow($"[dim]{name.EscapeMarkup()}[/]", value.EscapeMarkup());
        }

        Terminal.Screen.Write(grid);
        Terminal.Screen.WriteLine();
        Terminal.Screen.MarkupLine($"[bold]{PlanReport.Verdict(plan, shorter).EscapeMarkup()}[/]");
        return Task.FromResult(CommandLine.Done);
    }

    private ServingPlan Make(ParseResult arguments, EngineOptions options, double? memory)
    {
        string name = arguments.GetValue(_model)!;
        string? type = arguments.GetValue(_type)?.ToLowerInvariant();
        long? bytes = memory is { } gigabytes ? (long)(gigabytes * 1e9) : null;
        bool isShape = NamedShapes.Names.Contains(name) && !Directory.Exists(name) && !Directory.Exists(Path.Combine("models", name));
        return isShape ? ServingPlan.Of(name, NamedShapes.Text(name), type, options, bytes) : ServingPlan.Read(ModelFolder.Find(name), type, options, bytes);
    }
}
