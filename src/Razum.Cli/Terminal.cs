using System.Text;
using Spectre.Console;

namespace Razum.Cli;

/// <summary>
/// What a verb reads from and writes to. Verbs never touch <see cref="Console"/>, so a test hands them a terminal of strings.
/// Colours and moving lines appear only where they are wanted: not into a pipe or file, not with <c>NO_COLOR</c> set, not on a dumb terminal.
/// </summary>
internal sealed class Terminal
{
    /// <summary>Standard output for everything drawn: tables, colours, live lines.</summary>
    public required IAnsiConsole Screen { get; init; }

    /// <summary>Standard output as it is, for answers and JSON. Flushed after each write.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard error, for the one line that says what went wrong.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input.</summary>
    public required TextReader In { get; init; }

    /// <summary>Whether standard input is a pipe or file.</summary>
    public required bool InputIsPiped { get; init; }

    /// <summary>Whether a person sits in front: both standard input and output are a terminal.</summary>
    public required bool IsInteractive { get; init; }

    /// <summary>What Ctrl-C stops.</summary>
    public Interrupts Interrupts { get; } = new();

    /// <summary>Whether escape sequences for colours may be written to standard output.</summary>
    public bool HasColors => Screen.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;

    /// <summary>Whether escape sequences for colours may be written to standard error.</summary>
    public bool ErrorHasColors { get; init; }

    /// <summary>The terminal of this process.</summary>
    public static Terminal Open()
    {
        bool outputIsPiped = Console.IsOutputRedirected;
        bool colors = !outputIsPiped && WantsColors();
        var utf8 = new UTF8Encoding(false);
        TextWriter output = new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = true };
        TextWriter error = new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true };
        IAnsiConsole screen = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colors ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = colors ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = outputIsPiped || Console.IsInputRedirected ? InteractionSupport.No : InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(output),
        });
        if (outputIsPiped)
        {
            screen.Profile.Width = 160;
        }

        var terminal = new Terminal
        {
            Screen = screen,
            Out = output,
            Error = error,
            ErrorHasColors = !Console.IsErrorRedirected && WantsColors(),
            In = Console.IsInputRedirected ? new StreamReader(Console.OpenStandardInput(), utf8) : Console.In,
            InputIsPiped = Console.IsInputRedirected,
            IsInteractive = !outputIsPiped && !Console.IsInputRedirected,
        };
        Console.CancelKeyPress += (_, press) => press.Cancel = terminal.Interrupts.Press();
        return terminal;
    }

    private static bool WantsColors() =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";
}
