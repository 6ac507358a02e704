using System.CommandLine;

namespace Razum.Cli.Verbs;

/// <summary>One word of the command line: its options, its examples, and what it does.</summary>
internal abstract class Verb : Command
{
    private readonly Option<int> _threads;

    protected Verb(string name, string description, Terminal terminal, Option<int> threads)
        : base(name, description)
    {
        Terminal = terminal;
        _threads = threads;
        SetAction(Run);
    }

    /// <summary>Command lines shown under <c>--help</c>; a test parses them all.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    protected Terminal Terminal { get; }

    /// <summary>The value of <c>--threads</c>; 0 means one thread per processor.</summary>
    protected int Threads(ParseResult arguments) => arguments.GetValue(_threads);

    /// <summary>Does the work; the result is the exit code.</summary>
    protected abstract Task<int> Run(ParseResult arguments);
}
