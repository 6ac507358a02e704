using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Razum.Cli.Screens;
using Razum.Inference;
using Razum.Inference.Measures;

namespace Razum.Cli.Verbs;

/// <summary>
/// <c>razum perplexity MODEL --file TEXT</c>: how well a model predicts a text, exp of the mean negative log-likelihood of its tokens, and how far it is from
/// another model on it.
/// </summary>
internal sealed class Perplexity : Verb
{
    private readonly Argument<string> _model = new("MODEL") { Description = "Folder of a model, the name of one under models, owner/name of one that was pulled, or a .gguf file." };
    private readonly TextArguments _text = new();

    private readonly Option<int?> _stride = new("--stride")
    {
        Description = "Move a window of --context tokens by N and score every token but the first once, as Hugging Face's guide does, bos only at the very begin. "
            + "Without it chunks are scored from token context/2 + 1 on, each begun with bos where the tokenizer wants it, as llama.cpp does.",
        HelpName = "N",
    };

    private readonly Option<string?> _against = new("--against")
    {
        Description = "A reference model of the same vocabulary, such as the one before quantising: also the mean KL divergence from it and the share of same most probable tokens.",
        HelpName = "MODEL",
    };

    private readonly Option<string?> _quantize = GenerationArguments.CreateQuantize();
    private readonly Option<string?> _adapter = GenerationArguments.CreateAdapter();
    private readonly Option<string> _arithmetic = GenerationArguments.CreateArithmetic();
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as one JSON object." };

    public Perplexity(Terminal terminal, Option<int> threads)
        : base("perplexity", "Measure how well a model predicts a text: exp(mean of -log p) over its tokens, with the standard error.", terminal, threads)
    {
        Add(_model);
        _text.AddTo(this);
        foreach (Option option in (Option[])[_stride, _against, _quantize, _adapter, _arithmetic, _json])
        {
            Add(option);
        }
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum perplexity models/nano --file README.md",
        "razum perplexity my-model --file wiki.test.raw --context 1024 --stride 512",
        "razum perplexity my-model --quantize q4_k --against my-model --file wiki.test.raw --json",
        "razum perplexity my-model --adapter out/lora/final --file wiki.test.raw --chunks 100",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        string file = arguments.GetValue(_text.File)!;
        string folder = ModelFolder.Find(arguments.GetValue(_model)!);
        string? other = arguments.GetValue(_against) is { } against ? ModelFolder.Find(against) : null;
        TextOptions options = _text.Read(arguments, Threads(arguments)) with
        {
            Stride = arguments.GetValue(_stride),
            Arithmetic = GenerationArguments.ArithmeticOf(arguments.GetValue(_arithmetic)),
        };
        CancellationToken cancellation = Terminal.Interrupts.Begin();
        PerplexityReport report;
        try
        {
            report = await WorkScreen.Run(Terminal, progress => Task.Run(() =>
            {
                progress("loading", 0);
                using ModelBundle model = ModelBundle.Load(
                    folder, GenerationArguments.FormatOf(arguments.GetValue(_quantize)), options.Threads, adapters: GenerationArguments.AdaptersOf(arguments.GetValue(_adapter)));
                using ModelBundle? reference = other is null ? null : ModelBundle.Load(other, threads: options.Threads);
                if (reference is not null)
                {
                    Inference.Measures.Perplexity.RequireSameTokens(model.Tokenizer, reference.Tokenizer);
                }

                using TextTokens text = TextTokens.Open(file, model.Tokenizer);
                using var perplexity = new Inference.Measures.Perplexity(model.Decoder, options, reference?.Decoder);
                return perplexity.Measure(text, progress, cancellation);
            })).ConfigureAwait(false);
        }
        finally
        {
            Terminal.Interrupts.End();
        }

        if (arguments.GetValue(_json))
        {
            Json.Write(Terminal.Out, json => Write(json, folder, other, options, report));
        }
        else
        {
            Print(options, report);
        }

        return CommandLine.Done;
    }

    private void Print(TextOptions options, PerplexityReport report)
    {
        Line($"perplexity          {Ratio(report.Loss)}");
        if (report is { ReferenceLoss: { } reference, Divergence: { } divergence, SameTop: { } top })
        {
            Line($"of the reference    {Ratio(reference)}");
            Line($"KL divergence       {divergence.Mean:0.000000} +/- {divergence.StandardError:0.000000}");
            Line($"same top token      {100 * top.Mean:0.000} % +/- {100 * top.StandardError:0.000} %");
        }

        string windows = options.Stride is { } stride ? $"windows of {options.Context}, every {stride}" : $"chunks of {options.Context}";
        Line($"tokens scored       {report.Loss.Count} in {report.Windows} {windows}; {report.Tokens / report.Seconds:0} tokens/s");

        void Line(FormattableString text) => Terminal.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));

        static string Ratio(Estimate loss)
        {
            (double value, double error) = PerplexityReport.PerplexityOf(loss);
            return string.Create(CultureInfo.InvariantCulture, $"{value:0.0000} +/- {error:0.00000}");
        }
    }

    private static void Write(Utf8JsonWriter json, string folder, string? other, TextOptions options, PerplexityReport report)
    {
        json.WriteStartObject();
        json.WriteString("model", folder);
        WriteLoss(json, report.Loss);
        json.WriteNumber("tokens_scored", report.Loss.Count);
        json.WriteNumber("tokens", report.Tokens);
        json.WriteNumber("windows", report.Windows);
        json.WriteNumber("context", options.Context);
        if (options.Stride is { } stride)
        {
            json.WriteNumber("stride", stride);
        }

        json.WriteNumber("seconds", Math.Round(report.Seconds, 3));
        json.WriteNumber("tokens_per_second", Math.Round(report.Tokens / report.Seconds, 1));
        if (report is { ReferenceLoss: { } reference, Divergence: { } divergence, SameTop: { } top })
        {
            json.WriteStartObject("against");
            json.WriteString("model", other);
            WriteLoss(json, reference);
            Write(json, "kl_divergence", divergence.Mean);
            Write(json, "kl_divergence_error", divergence.StandardError);
            json.WriteNumber("same_top", top.Mean);
            json.WriteNumber("same_top_error", top.StandardError);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteLoss(Utf8JsonWriter json, Estimate loss)
    {
        (double value, double error) = PerplexityReport.PerplexityOf(loss);
        Write(json, "perplexity", value);
        Write(json, "perplexity_error", error);
        Write(json, "loss", loss.Mean);
    }

    /// <summary>JSON has no number for a perplexity beyond all bounds.</summary>
    private static void Write(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
