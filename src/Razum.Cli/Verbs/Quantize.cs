using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Razum.Cli.Screens;
using Razum.Inference;
using Razum.Models.Gguf;

namespace Razum.Cli.Verbs;

/// <summary><c>razum quantize INPUT OUTPUT --type TYPE</c>: a model as a smaller GGUF file.</summary>
internal sealed class Quantize : Verb
{
    private readonly Argument<string> _input = new("INPUT") { Description = "Folder of a model, the name of one under models, owner/name of one that was pulled, or a .gguf file." };
    private readonly Argument<string> _output = new("OUTPUT") { Description = "The .gguf file to write." };

    private readonly Option<string> _type = new("--type")
    {
        Description = $"Types of the matrices: {string.Join(", ", Mixture.All.Select(m => m.Name.ToLowerInvariant()))}.",
        HelpName = "TYPE",
        DefaultValueFactory = _ => "q4_k_m",
    };

    private readonly Option<string?> _importance = new("--imatrix")
    {
        Description = "Importance matrix in GGUF: columns that matter more get smaller errors.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print what was written as one JSON object." };

    public Quantize(Terminal terminal, Option<int> threads)
        : base("quantize", "Write a model as a smaller GGUF file.", terminal, threads)
    {
        _type.AcceptOnlyFromAmong([.. Mixture.All.Select(m => m.Name.ToLowerInvariant())]);
        Add(_input);
        Add(_output);
        Add(_type);
        Add(_importance);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum quantize models/nano nano.gguf --type q8_0",
        "razum quantize nano.gguf smaller.gguf --type q4_k_m --json",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        string input = ModelFolder.Find(arguments.GetValue(_input)!), output = arguments.GetValue(_output)!;
        if (!output.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"{output}: the file to write ends in .gguf");
        }

        Mixture mixture = Mixture.Find(arguments.GetValue(_type)!)!;
        ImportanceMatrix? importance = arguments.GetValue(_importance) is { } path ? ImportanceMatrix.Read(path) : null;
        var clock = Stopwatch.StartNew();
        await WorkScreen.Run(Terminal, progress => Task.Run(() =>
        {
            ModelConversion.ToGguf(input, output, mixture, importance, Threads(arguments), progress);
            return true;
        })).ConfigureAwait(false);
        long bytes = new FileInfo(output).Length;
        if (arguments.GetValue(_json))
        {
            Json.Write(Terminal.Out, json =>
            {
                json.WriteStartObject();
                json.WriteString("output", output);
                json.WriteString("type", mixture.Name);
                json.WriteNumber("bytes", bytes);
                json.WriteNumber("seconds", Math.Round(clock.Elapsed.TotalSeconds, 3));
                json.WriteEndObject();
            });
        }
        else
        {
            Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"wrote {output}: {mixture.Name}, {bytes / 1e6:0.0} MB in {clock.Elapsed.TotalSeconds:0.0} s"));
        }

        return CommandLine.Done;
    }
}
