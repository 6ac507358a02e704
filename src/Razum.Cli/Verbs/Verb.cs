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

    /// <summary>That a result cannot be written is better known before the hour that it takes.</summary>
    /// <param name="option">Names the file, for the message.</param>
    /// <param name="path">The file that will be written.</param>
    /// <param name="extension">How its name must end.</param>
    protected static void RequirePlace(string option, string path, string extension)
    {
        if (!path.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"{option} {path}: the name of the file to write ends in {extension}");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{option} {path}: there is no folder {folder}");
        }
    }

    /// <summary>Does the work; the result is the exit code.</summary>
    protected abstract Task<int> Run(ParseResult arguments);
}
