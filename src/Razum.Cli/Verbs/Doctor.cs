using System.CommandLine;
using Razum.Cli.Screens;

namespace Razum.Cli.Verbs;

/// <summary><c>razum doctor</c>: what this processor can do, whether Razum uses it, and whether every kernel computes right on it.</summary>
internal sealed class Doctor : Verb
{
    private readonly Option<bool> _json = new("--json") { Description = "Print everything as one JSON object." };

    public Doctor(Terminal terminal, Option<int> threads)
        : base("doctor", "Examine this processor: kernels in use, measured peaks, self-test.", terminal, threads) => Add(_json);

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum doctor",
        "razum doctor --json --threads 4",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        DoctorReport report = await WorkScreen.Run(Terminal, progress => Task.Run(() => DoctorReport.Make(Threads(arguments), progress))).ConfigureAwait(false);
        if (arguments.GetValue(_json))
        {
            Json.Write(Terminal.Out, report.Write);
        }
        else
        {
            DoctorScreen.Draw(Terminal.Screen, report);
        }

        return report.Passed ? CommandLine.Done : CommandLine.Failed;
    }
}
