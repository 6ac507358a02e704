using System.CommandLine;
using System.Text;
using Razum.Cli.Screens;
using Razum.Inference;
using Razum.Tensors.Checkpoints;
using Razum.Training.Evals;
using Razum.Training.Evals.Sets;
using Razum.Training.Plots;

namespace Razum.Cli.Verbs;

/// <summary><c>razum eval MODEL</c>: how well a model does on the procedural tasks or on published sets of questions, alone or against another model.</summary>
internal sealed class Eval : Verb
{
    private const int MostPrompts = 1_000_000;
    private const int MostSamples = 1024;

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "Folder of a model, the name of one under models, or owner/name of one that was pulled.",
        DefaultValueFactory = _ => ModelFolder.Default,
    };

    private readonly Option<int> _count = new("--n") { Description = "Prompts of each task; of a set of questions at most so many, all without it.", HelpName = "N", DefaultValueFactory = _ => 500 };

    private readonly Option<string[]> _tasks = new("--tasks")
    {
        Description = "Only these tasks, with commas or spaces between.",
        HelpName = "NAMES",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _sets = CreateSets();

    private readonly Option<string?> _against = new("--against") { Description = "Another model for the same prompts, compared by paired tests.", HelpName = "MODEL" };

    private readonly Option<double> _temperature = new("--temperature") { Description = "Temperature of the samples.", HelpName = "T", DefaultValueFactory = _ => 1 };

    private readonly Option<double> _topP = new("--top-p") { Description = "Samples come from the fewest tokens that sum to this.", HelpName = "P", DefaultValueFactory = _ => 1 };

    private readonly Option<int> _maxTokens = new("--max-tokens") { Description = "The longest answer.", HelpName = "N", DefaultValueFactory = _ => 256 };

    private readonly Option<int> _samples = new("--samples")
    {
        Description = "Samples a prompt for pass@k; 0 measures greedy answers only.",
        HelpName = "K",
        DefaultValueFactory = _ => 8,
    };

    private readonly Option<int> _seed = new("--seed") { Description = "Fixes prompts and draws.", HelpName = "S", DefaultValueFactory = _ => 1 };

    private readonly Option<string?> _adapter = GenerationArguments.CreateAdapter();
    private readonly Option<string> _arithmetic = GenerationArguments.CreateArithmetic();

    private readonly Option<string?> _out = new("--out") { Description = "Also write the result as FILE.json, FILE.md and FILE.png, and every greedy answer to FILE.jsonl.", HelpName = "FILE" };

    public Eval(Terminal terminal, Option<int> threads)
        : base("eval", "Measure a model on fresh prompts of the procedural tasks.", terminal, threads)
    {
        Add(_model);
        Add(_count);
        Add(_tasks);
        Add(_sets);
        Add(_against);
        Add(_samples);
        Add(_temperature);
        Add(_topP);
        Add(_maxTokens);
        Add(_seed);
        Add(_adapter);
        Add(_arithmetic);
        Add(_out);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum eval models/nano",
        "razum eval models/nano --tasks gcd,sorting --n 100 --samples 0",
        "razum eval models/nano --out out/nano-eval",
        "razum eval models/nano --against out/rl/final --tasks addition,gcd",
        "razum eval my-model --set gsm8k=data/gsm8k/test.jsonl --set math=data/MATH-500/test.jsonl --samples 4 --temperature 0.6 --top-p 0.95 --max-tokens 4096",
    ];

    /// <summary>The option <c>--set</c>, also for other verbs that read sets of questions.</summary>
    public static Option<string[]> CreateSets() => new("--set")
    {
        Description = $"Questions of a published set: {string.Join(", ", EvaluationSets.Names)}. May come several times.",
        HelpName = "NAME=PATH",
    };

    /// <summary>Names given with commas or spaces between.</summary>
    public static string[] Names(string[]? values) =>
        [.. (values ?? []).SelectMany(n => n.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    protected override async Task<int> Run(ParseResult arguments)
    {
        (int count, int samples, int seed) = (arguments.GetValue(_count), arguments.GetValue(_samples), arguments.GetValue(_seed));
        if (count is < 1 or > MostPrompts || samples is < 0 or > MostSamples || arguments.GetValue(_maxTokens) < 1)
        {
            throw new ArgumentException($"--n must be from 1 to {MostPrompts}, --samples from 0 to {MostSamples}, --max-tokens at least 1");
        }

        IReadOnlyList<EvaluationFamily> families = Families(arguments, count, seed);
        string first = ModelFolder.Find(arguments.GetValue(_model)!);
        string? second = arguments.GetValue(_against) is { } against ? ModelFolder.Find(against) : null;
        EvaluationReport report = await Measure(arguments, first, arguments.GetValue(_adapter), families).ConfigureAwait(false);
        EvaluationReport? other = second is null ? null : await Measure(arguments, second, null, families).ConfigureAwait(false);
        (report, other) = Named(report, first, other, second);
        EvaluationComparison? comparison = other is null ? null : EvaluationComparison.Of(report, other);
        var screen = new EvaluationScreen(Terminal);
        screen.Draw(report);
        if (comparison is not null)
        {
            screen.Draw(other!);
            screen.Draw(comparison);
        }

        if (arguments.GetValue(_out) is { } path)
        {
            Write(path, report, other, comparison);
        }

        return CommandLine.Done;
    }

    private IReadOnlyList<EvaluationFamily> Families(ParseResult arguments, int count, int seed)
    {
        string[] names = Names(arguments.GetValue(_tasks));
        int? most = arguments.GetResult(_count) is { Implicit: false } ? count : null;
        EvaluationFamily[] sets = [.. (arguments.GetValue(_sets) ?? []).Select(s => EvaluationSets.Parse(s).ToFamily(most, seed))];
        return sets.Length > 0 && names.Length == 0 ? sets : [.. EvaluationFamilies.Make(names, count, seed), .. sets];
    }

    private async Task<EvaluationReport> Measure(ParseResult arguments, string folder, string? adapter, IReadOnlyList<EvaluationFamily> families)
    {
        await using LoadedModel model = LoadedModel.Load(
            folder, new EngineOptions { Threads = Threads(arguments), Arithmetic = GenerationArguments.ArithmeticOf(arguments.GetValue(_arithmetic)) }, adapters: GenerationArguments.AdaptersOf(adapter));
        var screen = new EvaluationScreen(Terminal);
        var evaluation = model.Evaluation(new EvaluationOptions
        {
            Samples = arguments.GetValue(_samples),
            Temperature = arguments.GetValue(_temperature),
            TopP = arguments.GetValue(_topP),
            MaxTokens = arguments.GetValue(_maxTokens),
            Seed = arguments.GetValue(_seed),
            Progress = screen.Show,
        });
        return await screen.Run(() => evaluation.RunAsync(families)).ConfigureAwait(false);
    }

    /// <summary>Two models of one name, such as two folders called final, are told apart by their folders.</summary>
    private static (EvaluationReport Report, EvaluationReport? Other) Named(EvaluationReport report, string first, EvaluationReport? other, string? second) =>
        other is not null && other.Model == report.Model ? (report with { Model = first }, other with { Model = second! }) : (report, other);

    /// <summary>The second model's files have <c>-against</c> in their names, the comparison's <c>-comparison</c>.</summary>
    private static void Write(string path, EvaluationReport report, EvaluationReport? other, EvaluationComparison? comparison)
    {
        Write(path, report);
        if (other is not null && comparison is not null)
        {
            Write(path + "-against", other);
            Save(path + "-comparison.json", comparison.ToJson());
            Save(path + "-comparison.md", comparison.ToMarkdown());
            EvaluationPlot.Draw(report, other, path + "-comparison.png");
        }
    }

    private static void Write(string path, EvaluationReport report)
    {
        Save(path + ".json", report.ToJson());
        Save(path + ".md", report.ToMarkdown());
        Save(path + ".jsonl", report.AnswersToJsonLines());
        EvaluationPlot.Draw(report, null, path + ".png");
    }

    internal static void Save(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }
}
