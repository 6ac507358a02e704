using System.CommandLine;

namespace Razum.Cli.Verbs;

/// <summary><c>razum ask PROMPT</c>: one question, and nothing but the answer on standard output.</summary>
internal sealed class Ask : Verb
{
    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "The question; without it, or as -, standard input is read.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _model = new("--model", "-m")
    {
        Description = "Folder of a model, or the name of one under models.",
        HelpName = "MODEL",
        DefaultValueFactory = _ => ModelFolder.Default,
    };

    private readonly Option<bool> _think = new("--think") { Description = "Show the thinking before the answer." };
    private readonly Option<bool> _json = new("--json") { Description = "Print answer, reasoning, token counts and finish reason as one JSON object." };
    private readonly GenerationArguments _generation = new();

    public Ask(Terminal terminal, Option<int> threads)
        : base("ask", "Ask one question; only the answer goes to standard output.", terminal, threads)
    {
        Add(_prompt);
        Add(_model);
        Add(_think);
        Add(_json);
        _generation.AddTo(this);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum ask \"What is 47 + 38?\"",
        "echo \"Sort 5 3 9 1\" | razum ask --think",
        "razum ask --json --temperature 0.7 --seed 1 \"gcd of 48 and 18?\"",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        string folder = ModelFolder.Find(arguments.GetValue(_model)!);
        throw new InvalidDataException($"{folder}: not connected");
    }
}
