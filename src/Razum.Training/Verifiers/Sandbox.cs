using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Jint;
using Jint.Native;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace Razum.Training.Verifiers;

/// <summary>
/// Runs JavaScript that nobody has read, in an interpreter that knows nothing of .NET: no files, no network, no compilation of strings, no chance; statements,
/// memory and depth are limited. Every run has an interpreter of its own.
/// </summary>
internal static class Sandbox
{
    private const int MostOutput = 1 << 20;
    private const int LongestProgram = 100_000;

    // The same "random" numbers in every run, and no clock.
    private const string Prelude = """
        (function () { let s = 1; Math.random = () => (s = s * 48271 % 2147483647) / 2147483647; Date.now = () => 0; })();
        var console = { log: (...a) => print(a.join(' ')), error() { }, warn() { } };
        """;

    /// <summary>Runs <paramref name="program"/>; <c>readline()</c> gives the lines of <paramref name="input"/>, null behind the last.</summary>
    public static SandboxResult Run(string program, string input, SandboxLimits limits)
    {
        var output = new StringBuilder();
        return Guard(program, output, input, limits, _ => output.ToString());
    }

    /// <summary>Runs <paramref name="program"/>, calls a function of it and gives its result as JSON.</summary>
    public static SandboxResult Call(string program, string function, JsonArray arguments, SandboxLimits limits) =>
        Guard(program, new StringBuilder(), "", limits, engine =>
        {
            engine.SetValue("__arguments", arguments.ToJsonString());
            engine.SetValue("__name", function);
            // Top-level const and class are no properties of the global object, so the name is looked up as source.
            JsValue called = engine.Evaluate($"JSON.stringify((typeof {Identifier(function)} === 'function' ? {function} : undefined)(...JSON.parse(__arguments)))");
            return called.IsString() ? called.AsString() : "null";
        });

    private static SandboxResult Guard(string program, StringBuilder output, string input, SandboxLimits limits, Func<Engine, string> result)
    {
        if (program.Length > LongestProgram)
        {
            return new SandboxResult("", "the program is too long");
        }

        try
        {
            using Engine engine = Create(limits);
            string[] lines = input.Length == 0 ? [] : input.TrimEnd('\n').Split('\n');
            int line = 0;
            engine.SetValue("print", new ClrFunction(engine, "print", (_, values) => Print(output, values)));
            engine.SetValue("readline", new ClrFunction(engine, "readline", (_, _) => line < lines.Length ? new JsString(lines[line++].TrimEnd('\r')) : JsValue.Null));
            engine.Execute(Prelude);
            engine.Execute(program);
            return new SandboxResult(result(engine));
        }
        catch (Exception fault) when (fault is TimeoutException or RegexMatchTimeoutException or ExecutionCanceledException)
        {
            return new SandboxResult("", "too long by the clock", true);
        }
        catch (Exception fault) when (fault is not InvalidDataException)
        {
            string message = fault.Message.ReplaceLineEndings(" ");
            return new SandboxResult("", message.Length <= 120 ? message : message[..120]);
        }
    }

    private static Engine Create(SandboxLimits limits) => new(options =>
    {
        options.MaxStatements(limits.Statements).LimitMemory(limits.MemoryBytes).TimeoutInterval(limits.Clock);
        options.LimitRecursion(limits.Recursion);
        options.RegexTimeoutInterval(TimeSpan.FromSeconds(2));
        options.MaxArraySize(1 << 20);
        options.DisableStringCompilation();
    });

    private static JsValue Print(StringBuilder output, JsValue[] values)
    {
        output.AppendJoin(' ', values.Select(v => TypeConverter.ToString(v))).Append('\n');
        if (output.Length > MostOutput)
        {
            throw new InvalidOperationException("the program prints too much");
        }

        return JsValue.Undefined;
    }

    private static string Identifier(string name) => name.Length is > 0 and < 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$')
        ? name
        : throw new InvalidDataException($"'{name}' is not the name of a function");
}
