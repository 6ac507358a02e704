using System.CommandLine;
using Razum.Cli.Screens;

namespace Razum.Cli.Verbs;

/// <summary><c>razum chat [MODEL]</c>: a conversation in the terminal.</summary>
internal sealed class Chat : Verb
{
    /// <summary>What the first screen proposes to ask the shipped model.</summary>
    private static readonly string[] s_examples =
    [
        "What is the gcd of 48 and 36?",
        "How many r are in strawberry?",
        "Sort 5 81 22 9 in descending order",
    ];

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "Folder of a model, the name of one under models, or owner/name of one that was pulled.",
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
        "razum chat my-model --adapter sums=out/sums/final --adapter dates=out/dates/final",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        string folder = ModelFolder.Find(arguments.GetValue(_model)!);
        await using LoadedModel model = _generation.Load(folder, arguments, Threads(arguments));
        IReadOnlyList<string> examples = Path.GetFileName(folder) == ModelFolder.Default ? s_examples : [];
        var screen = new ChatScreen(Terminal, _generation.Converse(model, arguments), Terminal.IsInteractive ? LineReader(examples) : Terminal.In.ReadLine);
        await screen.Run(model.About, examples).ConfigureAwait(false);
        return CommandLine.Done;
    }

    /// <summary>Reads lines with an editor, whose history begins with the examples. Ctrl-C is a key while it reads, and a signal at other times.</summary>
    private Func<string?> LineReader(IReadOnlyList<string> examples)
    {
        var editor = new LineEditor(Terminal.Screen);
        foreach (string example in examples.Reverse())
        {
            editor.Remember(example);
        }

        return () =>
        {
            Console.TreatControlCAsInput = true;
            try
            {
                return editor.ReadLine("> ");
            }
            finally
            {
                Console.TreatControlCAsInput = false;
            }
        };
    }
}
