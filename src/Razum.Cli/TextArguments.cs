using System.CommandLine;
using Razum.Inference.Measures;

namespace Razum.Cli;

/// <summary>The options of verbs that read a text in chunks.</summary>
internal sealed class TextArguments
{
    public Option<string> File { get; } = new("--file") { Description = "The text, in UTF-8. Control tokens written in it are text.", HelpName = "TEXT", Required = true };

    public Option<int> Context { get; } = new("--context") { Description = "Tokens that are read at once.", HelpName = "N", DefaultValueFactory = _ => 512 };

    public Option<int> Chunks { get; } = new("--chunks") { Description = "Stop after so many; 0 reads all of the text.", HelpName = "N" };

    /// <summary>Adds all of them to <paramref name="command"/>.</summary>
    public void AddTo(Command command)
    {
        command.Add(File);
        command.Add(Context);
        command.Add(Chunks);
    }

    /// <summary>What they say.</summary>
    /// <exception cref="ArgumentException">A number that means nothing.</exception>
    public TextOptions Read(ParseResult arguments, int threads) => arguments.GetValue(Chunks) is >= 0 and var chunks
        ? new TextOptions { Context = arguments.GetValue(Context), Chunks = chunks, Threads = threads }
        : throw new ArgumentException("--chunks must not be negative");
}
