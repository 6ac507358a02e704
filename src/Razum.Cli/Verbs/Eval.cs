using System.CommandLine;

namespace Razum.Cli.Verbs;

/// <summary><c>razum eval MODEL</c>: how well a model does on the procedural tasks.</summary>
internal sealed class Eval : Verb
{
    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "Folder of a model, or the name of one under models.",
        DefaultValueFactory = _ => ModelFolder.Default,
    };

    private readonly Option<int> _count = new("--n") { Description = "Prompts of each task.", HelpName = "N", DefaultValueFactory = _ => 500 };

    private readonly Option<string[]> _tasks = new("--tasks")
    {
        Description = "Only these tasks, with commas or spaces between.",
        HelpName = "NAMES",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> _samples = new("--samples")
    {
        Description = "Samples a prompt for pass@k; 0 measures greedy answers only.",
        HelpName = "K",
        DefaultValueFactory = _ => 8,
    };

    private readonly Option<string?> _out = new("--out") { Description = "Also write the result as FILE.json and FILE.md.", HelpName = "FILE" };

    public Eval(Terminal terminal, Option<int> threads)
        : base("eval", "Measure a model on fresh prompts of the procedural tasks.", terminal, threads)
    {
        Add(_model);
        Add(_count);
        Add(_tasks);
        Add(_samples);
        Add(_out);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum eval models/nano",
        "razum eval models/nano --tasks gcd,sorting --n 100 --samples 0",
        "razum eval models/nano --out out/nano-eval",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        string folder = ModelFolder.Find(arguments.GetValue(_model)!);
        throw new InvalidDataException($"{folder}: not connected");
    }
}
