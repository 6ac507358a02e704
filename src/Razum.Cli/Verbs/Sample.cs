using System.CommandLine;
using System.Globalization;
using Razum.Cli.Screens;
using Razum.Inference;
using Razum.Training.Data;
using Razum.Training.Data.Samples;
using Razum.Training.Evals;
using Razum.Training.Evals.Sets;
using Spectre.Console;

namespace Razum.Cli.Verbs;

/// <summary><c>razum sample MODEL</c>: many answers to many prompts, judged, into a file. Interrupted, it goes on where it was.</summary>
internal sealed class Sample : Verb
{
    private readonly Argument<string> _model = new("MODEL") { Description = "Folder of a model, the name of one under models, or owner/name of one that was pulled." };

    private readonly Option<string[]> _tasks = new("--tasks")
    {
        Description = "Draw problems of these tasks, with commas or spaces between; none of them is one that eval asks.",
        HelpName = "NAMES",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _sets = Eval.CreateSets();
    private readonly Option<int?> _level = new("--level") { Description = "Level of difficulty of the tasks, from 0; all without it.", HelpName = "L" };
    private readonly Option<int> _count = new("--n") { Description = "Prompts of the tasks, and at most so many of each set.", HelpName = "N", DefaultValueFactory = _ => 500 };
    private readonly Option<int> _samples = new("--samples") { Description = "Answers to each prompt.", HelpName = "K", DefaultValueFactory = _ => 8 };
    private readonly Option<double> _temperature = new("--temperature") { Description = "Randomness of the answers.", HelpName = "T", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _topP = new("--top-p") { Description = "Draw from the fewest tokens that sum to this.", HelpName = "P", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _maxTokens = new("--max-tokens") { Description = "The longest answer.", HelpName = "N", DefaultValueFactory = _ => 256 };
    private readonly Option<int> _seed = new("--seed") { Description = "Fixes prompts and draws.", HelpName = "S", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _adapter = GenerationArguments.CreateAdapter();
    private readonly Option<string> _arithmetic = GenerationArguments.CreateArithmetic();
    private readonly Option<string> _out = new("--out") { Description = "The file of samples; one that is there is added to.", HelpName = "FILE", Required = true };

    public Sample(Terminal terminal, Option<int> threads)
        : base("sample", "Draw and judge many answers to many prompts, to choose what to train on.", terminal, threads)
    {
        Add(_model);
        foreach (Option option in (Option[])[_tasks, _sets, _level, _count, _samples, _temperature, _topP, _maxTokens, _seed, _adapter, _arithmetic, _out])
        {
            Add(option);
        }
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum sample models/nano --tasks gcd,sorting --n 1000 --samples 8 --out out/samples.jsonl",
        "razum sample my-model --set gsm8k=data/gsm8k/train.jsonl --temperature 0.7 --max-tokens 2048 --out out/gsm8k.jsonl",
    ];

    protected override async Task<int> Run(ParseResult arguments)
    {
        (int count, int draws) = (arguments.GetValue(_count), arguments.GetValue(_samples));
        if (count is < 1 or > 10_000_000 || draws is < 1 or > ushort.MaxValue || arguments.GetValue(_maxTokens) < 1)
        {
            throw new ArgumentException($"--n must be from 1 to 10000000, --samples from 1 to {ushort.MaxValue}, --max-tokens at least 1");
        }

        (IReadOnlyList<SamplingPrompt> prompts, string about) = Prompts(arguments, count);
        string path = arguments.GetValue(_out)!;
        await using LoadedModel model = LoadedModel.Load(
            ModelFolder.Find(arguments.GetValue(_model)!),
            new EngineOptions { Threads = Threads(arguments), Arithmetic = GenerationArguments.ArithmeticOf(arguments.GetValue(_arithmetic)) },
            adapters: GenerationArguments.AdaptersOf(arguments.GetValue(_adapter)));
        var settings = new SampleSettings(
            model.Engine.Model.Name,
            about,
            arguments.GetValue(_temperature),
            arguments.GetValue(_topP),
            arguments.GetValue(_maxTokens),
            arguments.GetValue(_seed));
        using SampleFile file = SampleFile.Open(path, settings);
        int before = file.Done.Count;
        var screen = new EvaluationScreen(Terminal);
        CancellationToken cancellation = Terminal.Interrupts.Begin();
        int added;
        try
        {
            Sampling sampling = model.Sample(new SamplingRun { Settings = settings, Draws = draws, Progress = screen.Show });
            added = await screen.Run(() => sampling.RunAsync(prompts, file, cancellation)).ConfigureAwait(false);
        }
        finally
        {
            Terminal.Interrupts.End();
        }

        Terminal.Screen.WriteLine($"{path}: {added} samples added{(before > 0 ? $" to {before}" : "")}");
        return CommandLine.Done;
    }

    private (IReadOnlyList<SamplingPrompt> Prompts, string About) Prompts(ParseResult arguments, int count)
    {
        string[] names = Eval.Names(arguments.GetValue(_tasks));
        string[] sets = arguments.GetValue(_sets) ?? [];
        (int seed, int? level) = (arguments.GetValue(_seed), arguments.GetValue(_level));
        List<SamplingPrompt> prompts = [];
        if (names.Length > 0)
        {
            var stream = new ProblemStream((ulong)seed, names.Distinct().ToDictionary(n => n, _ => 1.0), level);
            prompts.AddRange(Enumerable.Range(0, count).Select(i => SamplingPrompt.Of(stream.Get(i))));
        }

        foreach (EvaluationSet set in sets.Select(EvaluationSets.Parse))
        {
            EvaluationFamily family = set.ToFamily(count, seed);
            prompts.AddRange(family.Prompts.Select((p, i) => new SamplingPrompt(set.Name, $"{set.Name} {p.Text}", p)));
        }

        string[] about = [.. names.Order(StringComparer.Ordinal), .. sets, .. level is { } l ? [string.Create(CultureInfo.InvariantCulture, $"level {l}")] : Array.Empty<string>()];
        return prompts.Count > 0
            ? (prompts, string.Join(' ', about) + (sets.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $" {count}") : ""))
            : throw new ArgumentException("give --tasks or --set");
    }
}
