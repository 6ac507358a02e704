using System.CommandLine;
using System.Text;
using Razum.Cli.Screens;
using Razum.Tensors.Checkpoints;
using Razum.Training.Evals;

namespace Razum.Cli.Verbs;

/// <summary><c>razum eval MODEL</c>: how well a model does on the procedural tasks.</summary>
internal sealed class Eval : Verb
{
    private const int MostPrompts = 1_000_000;
    private const int MostSamples = 1024;

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "Folder of a model, or the name of one under models.",
        DefaultValueFactory = _ => ModelFolder.Default,
    };

    private readonly Option<int> _count = new("--n") { Description = "Prompts of each task.", HelpName = "N", DefaultValueFactory = _ => 500 };

    private readonly Option<string[]> _tasks = new("--tasks")
    {
        Description = "Only these tasks, with commas or spaces between.",
        HelpName = "NAMES",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> _samples = new("--samples")
    {
        Description = "Samples a prompt for pass@k; 0 measures greedy answers only.",
        HelpName = "K",
        DefaultValueFactory = _ => 8,
    };

    private readonly Option<int> _seed = new("--seed") { Description = "Fixes prompts and draws.", HelpName = "S", DefaultValueFactory = _ => 1 };

    private readonly Option<string> _arithmetic = GenerationArguments.CreateArithmetic();

    private readonly Option<string?> _out = new("--out") { Description = "Also write the result as FILE.json and FILE.md, and every greedy answer to FILE.jsonl.", HelpName = "FILE" };

    public Eval(Terminal terminal, Option<int> threads)
        : base("eval", "Measure a model on fresh prompts of the procedural tasks.", terminal, threads)
    {
        Add(_model);
        Add(_count);
        Add(_tasks);
        Add(_samples);
        Add(_seed);
        Add(_arithmetic);
        Add(_out);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum eval models/nano",
        "razum eval models/nano --tasks gcd,sorting --n 100 --samples 0",
        "razum eval models/nano --out out/nano-eval",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        (int count, int samples, int seed) = (arguments.GetValue(_count), arguments.GetValue(_samples), arguments.GetValue(_seed));
        string[] names = [.. (arguments.GetValue(_tasks) ?? []).SelectMany(n => n.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        if (count is < 1 or > MostPrompts || samples is < 0 or > MostSamples)
        {
            throw new ArgumentException($"--n must be from 1 to {MostPrompts}, --samples from 0 to {MostSamples}");
        }

        IReadOnlyList<EvaluationFamily> families = EvaluationFamilies.Make(names, count, seed);
        await using LoadedModel model = LoadedModel.Load(ModelFolder.Find(arguments.GetValue(_model)!), Threads(arguments), GenerationArguments.ArithmeticOf(arguments.GetValue(_arithmetic)));
        var screen = new EvaluationScreen(Terminal);
        var evaluation = model.Evaluation(new EvaluationOptions { Samples = samples, Seed = seed, Progress = screen.Show });
        EvaluationReport report = await screen.Run(() => evaluation.RunAsync(families)).ConfigureAwait(false);
        screen.Draw(report);
        if (arguments.GetValue(_out) is { } path)
        {
            Save(path + ".json", report.ToJson());
            Save(path + ".md", report.ToMarkdown());
            Save(path + ".jsonl", report.AnswersToJsonLines());
        }

        return CommandLine.Done;
    }

    private static void Save(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }
}
