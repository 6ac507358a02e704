using System.CommandLine;
using Razum.Cli.Screens;

namespace Razum.Cli.Verbs;

/// <summary><c>razum inspect MODEL</c>: what is in a model folder, without running it.</summary>
internal sealed class Inspect : Verb
{
    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "Folder of a model, the name of one under models, or owner/name of one that was pulled.",
        DefaultValueFactory = _ => ModelFolder.Default,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print everything as one JSON object." };

    public Inspect(Terminal terminal, Option<int> threads)
        : base("inspect", "Show a model's architecture, parameters, tensors and tokenizer.", terminal, threads)
    {
        Add(_model);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum inspect models/nano",
        "razum inspect models/nano --json",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        ModelReport report = ModelReport.Read(ModelFolder.Find(arguments.GetValue(_model)!));
        if (arguments.GetValue(_json))
        {
            Json.Write(Terminal.Out, report.Write);
        }
        else
        {
            ReportScreen.Draw(Terminal.Screen, report);
        }

        return Task.FromResult(CommandLine.Done);
    }
}
