using System.CommandLine;
using Razum.Cli.Screens;
using Razum.Inference;
using Razum.Models.Gguf;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Cli.Verbs;

/// <summary><c>razum convert INPUT OUTPUT</c>: a model folder as a GGUF file, or a GGUF file as a model folder; with an adapter merged, either as either.</summary>
internal sealed class Convert : Verb
{
    private readonly Argument<string> _input = new("INPUT") { Description = "Folder of a model, the name of one under models, owner/name of one that was pulled, or a .gguf file." };
    private readonly Argument<string> _output = new("OUTPUT") { Description = "A .gguf file for a folder; a folder, new or empty, for a .gguf file; with --adapter either." };

    private readonly Option<string> _type = new("--type")
    {
        Description = "Type of the matrices: bf16 or f32, in .gguf files also f16.",
        HelpName = "TYPE",
        DefaultValueFactory = _ => "bf16",
    };

    private readonly Option<string?> _adapter = new("--adapter")
    {
        Description = "Folder or .gguf file of a LoRA adapter to merge into the weights.",
        HelpName = "FOLDER",
    };

    public Convert(Terminal terminal, Option<int> threads)
        : base("convert", "Write a model in the other published layout, safetensors or GGUF, or with an adapter merged.", terminal, threads)
    {
        _type.AcceptOnlyFromAmong("bf16", "f16", "f32");
        Add(_input);
        Add(_output);
        Add(_type);
        Add(_adapter);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum convert models/nano nano.gguf",
        "razum convert nano.gguf nano-again --type f32",
        "razum convert my-model merged --adapter out/lora/final",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        string input = ModelFolder.Find(arguments.GetValue(_input)!), output = arguments.GetValue(_output)!, type = arguments.GetValue(_type)!;
        bool toGguf = output.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
        string? adapter = arguments.GetValue(_adapter);
        if (adapter is null && toGguf == GgufModel.IsGguf(input))
        {
            throw new ArgumentException(toGguf ? $"{input} is a .gguf file already; razum quantize changes its types" : $"{output}: the file of a folder ends in .gguf");
        }

        if (!toGguf && type == "f16")
        {
            throw new ArgumentException("--type f16: folders are written in bf16 or f32");
        }

        await WorkScreen.Run(Terminal, progress => Task.Run(() =>
        {
            if (toGguf)
            {
                ModelConversion.ToGguf(input, output, Mixture.Find(type)!, null, Threads(arguments), progress, adapter);
            }
            else
            {
                progress("writing the folder", 0);
                ModelConversion.ToFolder(input, output, type == "f32" ? ElementType.F32 : ElementType.BF16, adapter);
            }

            return true;
        })).ConfigureAwait(false);
        Terminal.Out.WriteLine($"wrote {output}");
        return CommandLine.Done;
    }
}
