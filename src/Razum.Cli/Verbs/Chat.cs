using System.CommandLine;

namespace Razum.Cli.Verbs;

/// <summary><c>razum chat [MODEL]</c>: a conversation in the terminal.</summary>
internal sealed class Chat : Verb
{
    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "Folder of a model, or the name of one under models.",
        DefaultValueFactory = _ => ModelFolder.Default,
    };

    private readonly GenerationArguments _generation = new();

    public Chat(Terminal terminal, Option<int> threads)
        : base("chat", "Talk to a model. Its thinking is dimmed; Ctrl-C stops an answer.", terminal, threads)
    {
        Add(_model);
        _generation.AddTo(this);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum chat",
        "razum chat models/nano --temperature 0",
        "razum chat --system \"Answer briefly.\" --no-think",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        string folder = ModelFolder.Find(arguments.GetValue(_model)!);
        throw new InvalidDataException($"{folder}: not connected");
    }
}
