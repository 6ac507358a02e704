using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Razum.Cli.Verbs;

namespace Razum.Cli;

/// <summary>
/// The verbs and what becomes of their failures. Exit codes: 0 done, 1 a run or check failed, 2 the user asked for something impossible or gave bad input.
/// Every failure is one line on standard error; <c>RAZUM_DEBUG=1</c> adds the stack trace.
/// </summary>
internal static partial class CommandLine
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int UserError = 2;

    /// <summary>All verbs over <paramref name="terminal"/>.</summary>
    public static RootCommand Create(Terminal terminal)
    {
        var threads = new Option<int>("--threads")
        {
            Description = "Threads to compute with; 0 takes one per processor.",
            HelpName = "N",
            Recursive = true,
        };
        threads.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int value) && value is < 0 or > 1024)
            {
                result.AddError($"--threads must be from 0 to 1024, not {value}.");
            }
        });
        var root = new RootCommand("Razum runs and trains reasoning models: talk to one, ask it, train it, measure it, look inside.")
        {
            threads,
            new Chat(terminal, threads),
            new Ask(terminal, threads),
            new Train(terminal, threads),
            new Verbs.Chain(terminal, threads),
            new Eval(terminal, threads),
            new Verbs.Sample(terminal, threads),
            new Select(terminal, threads),
            new Plot(terminal, threads),
            new Clean(terminal, threads),
            new Pull(terminal, threads),
            new Inspect(terminal, threads),
            new Plan(terminal, threads),
            new Tokenize(terminal, threads),
            new Verbs.Perplexity(terminal, threads),
            new Verbs.Convert(terminal, threads),
            new Quantize(terminal, threads),
            new Imatrix(terminal, threads),
            new Bench(terminal, threads),
            new Doctor(terminal, threads),
        };
        root.SetAction(_ => root.Parse(["--help"]).Invoke(Configuration(terminal)));
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }

    /// <summary>Parses and runs <paramref name="args"/>; the result is the exit code.</summary>
    public static async Task<int> Run(string[] args, Terminal terminal)
    {
        try
        {
            ParseResult parsed = Create(terminal).Parse(args);
            if (parsed.Action is ParseErrorAction)
            {
                return Report(terminal, $"{Complaint(parsed)}; see {CommandOf(parsed)} --help", null, UserError);
            }

            return await parsed.InvokeAsync(Configuration(terminal)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Report(terminal, "stopped", null, Failed);
        }
        catch (Exception e)
        {
            Exception cause = Cause(e);
            return IsUserError(cause)
                ? Report(terminal, cause.Message, e, UserError)
                : Report(terminal, $"{cause.GetType().Name}: {cause.Message} (RAZUM_DEBUG=1 shows where)", e, Failed);
        }
    }

    /// <summary>What is wrong with a command line. An unknown option is named as such, though the parser took it for an argument.</summary>
    private static string Complaint(ParseResult parsed)
    {
        string? option = parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash)
            .FirstOrDefault(t => t.Type == TokenType.Argument && OptionName().IsMatch(t.Value))?.Value;
        return option is not null
            ? $"unknown option {option}"
            : Expectation().Replace(parsed.Errors[0].Message, "").TrimEnd('.');
    }

    private static string CommandOf(ParseResult parsed) => parsed.CommandResult.Command is Verb verb ? $"razum {verb.Name}" : "razum";

    /// <summary>A failure that came through a worker thread or a task is told by its cause.</summary>
    private static Exception Cause(Exception e)
    {
        while (e is AggregateException or InvalidOperationException or TypeInitializationException && e.InnerException is { } inner)
        {
            e = inner;
        }

        return e;
    }

    private static bool IsUserError(Exception e) =>
        e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException;

    private static int Report(Terminal terminal, string message, Exception? trace, int exitCode)
    {
        if (trace is ArgumentException { ParamName: { } name })
        {
            message = message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal);
        }

        terminal.Error.WriteLine($"razum: {string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}");
        if (trace is not null && Environment.GetEnvironmentVariable("RAZUM_DEBUG") == "1")
        {
            terminal.Error.WriteLine(trace);
        }

        return exitCode;
    }

    /// <summary>Exceptions come to <see cref="Run"/>, and each verb decides itself what Ctrl-C means.</summary>
    private static InvocationConfiguration Configuration(Terminal terminal) => new()
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null,
        Output = terminal.Out,
        Error = terminal.Error,
    };

    [GeneratedRegex("^--?[a-z][a-z-]*$")]
    private static partial Regex OptionName();

    /// <summary>The part of a message that names a .NET type.</summary>
    [GeneratedRegex(" as expected type '.*'")]
    private static partial Regex Expectation();
}
