using System.CommandLine;

namespace Razum.Cli.Verbs;

/// <summary><c>razum train RUN</c>: does what a run file says, from where it was left.</summary>
internal sealed class Train : Verb
{
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

    protected override Task<int> Run(ParseResult arguments) => throw new FileNotFoundException($"no run file {arguments.GetValue(_run)}");
}
