using System.CommandLine;
using System.Globalization;
using Razum.Cli.Screens;
using Razum.Inference.Measures;

namespace Razum.Cli.Verbs;

/// <summary><c>razum imatrix MODEL --file TEXT --out FILE</c>: an importance matrix, for <c>razum quantize --imatrix</c> and other programs.</summary>
internal sealed class Imatrix : Verb
{
    private readonly Argument<string> _model = new("MODEL") { Description = "Folder of a model, the name of one under models, owner/name of one that was pulled, or a .gguf file." };
    private readonly TextArguments _text = new();
    private readonly Option<string> _out = new("--out") { Description = "The .gguf file to write.", HelpName = "FILE", DefaultValueFactory = _ => "imatrix.gguf" };

    private readonly Option<bool> _processOutput = new("--process-output")
    {
        Description = "Also measure the output matrix. It usually quantises better without.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print what was written as one JSON object." };

    public Imatrix(Terminal terminal, Option<int> threads)
        : base("imatrix", "Measure on a text how much the columns of every matrix matter, for quantize --imatrix.", terminal, threads)
    {
        Add(_model);
        _text.AddTo(this);
        Add(_out);
        Add(_processOutput);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum imatrix models/nano --file README.md --out nano-imatrix.gguf",
        "razum imatrix my-model --file calibration.txt --chunks 200 --json",
        "razum quantize models/nano nano.gguf --type q4_k_m --imatrix nano-imatrix.gguf",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        (string text, string output) = (arguments.GetValue(_text.File)!, arguments.GetValue(_out)!);
        RequirePlace("--out", output, ".gguf");
        string folder = ModelFolder.Find(arguments.GetValue(_model)!);
        TextOptions options = _text.Read(arguments, Threads(arguments));
        CancellationToken cancellation = Terminal.Interrupts.Begin();
        ImportanceReport report;
        try
        {
            report = await WorkScreen.Run(
                Terminal,
                progress => Task.Run(() =>
                {
                    var run = new ImportanceRun(options) { ProcessOutput = arguments.GetValue(_processOutput), Progress = progress };
                    return run.Run(folder, text, output, cancellation);
                })).ConfigureAwait(false);
        }
        finally
        {
            Terminal.Interrupts.End();
        }

        if (arguments.GetValue(_json))
        {
            Write(output, report);
            return CommandLine.Done;
        }

        Terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"wrote {output}: {report.Tensors} tensors from {report.Tokens} tokens in {report.Chunks} chunks, {report.Tokens / report.Seconds:0} tokens/s"));
        if (report.Unvisited > 0)
        {
            Terminal.Out.WriteLine($"no token went to {report.Unvisited} matrices of experts: they will be quantised as if all their columns mattered alike");
        }

        return CommandLine.Done;
    }

    private void Write(string output, ImportanceReport report) => Json.Write(Terminal.Out, json =>
    {
        json.WriteStartObject();
        json.WriteString("output", output);
        json.WriteNumber("tensors", report.Tensors);
        json.WriteNumber("chunks", report.Chunks);
        json.WriteNumber("tokens", report.Tokens);
        json.WriteNumber("unvisited_experts", report.Unvisited);
        json.WriteNumber("seconds", Math.Round(report.Seconds, 3));
        json.WriteEndObject();
    });
}
