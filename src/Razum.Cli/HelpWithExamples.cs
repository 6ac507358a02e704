using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Razum.Cli.Verbs;

namespace Razum.Cli;

/// <summary>The help of System.CommandLine, followed by the verb's examples (for the root: by one of each verb).</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        Command command = parseResult.CommandResult.Command;
        IEnumerable<string> examples = command is Verb verb
            ? verb.Examples
            : command.Subcommands.OfType<Verb>().Select(v => v.Examples[0]);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in examples)
        {
            output.WriteLine($"  {example}");
        }

        return code;
    }
}
