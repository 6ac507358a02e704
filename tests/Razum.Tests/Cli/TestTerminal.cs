using Razum.Cli;
using Spectre.Console;
using Spectre.Console.Testing;

namespace Razum.Tests.Cli;

/// <summary>A terminal of strings: what a verb writes can be read, what it reads was put there.</summary>
internal sealed class TestTerminal
{
    public TestTerminal(string? pipedInput = null, bool interactive = false, bool colors = false)
    {
        Screen = new TestConsole().Width(100).Colors(colors ? ColorSystem.TrueColor : ColorSystem.NoColors);
        Screen.Profile.Capabilities.Ansi = colors;
        Screen.EmitAnsiSequences = colors;
        Terminal = new Terminal
        {
            Screen = Screen,
            Out = Screen.Profile.Out.Writer,
            Error = Error,
            In = new StringReader(pipedInput ?? ""),
            InputIsPiped = pipedInput is not null,
            IsInteractive = interactive,
        };
    }

    public Terminal Terminal { get; }

    public TestConsole Screen { get; }

    public StringWriter Error { get; } = new();

    /// <summary>All of standard output so far.</summary>
    public string Output => Screen.Output;

    /// <summary>Runs a command line as the executable would; the result is the exit code.</summary>
    public Task<int> Run(params string[] arguments) => CommandLine.Run(arguments, Terminal);
}
