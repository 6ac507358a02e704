using System.CommandLine;
using Razum.Training.Data;
using Razum.Training.Data.Files;
using Razum.Training.Data.Samples;
using Spectre.Console;

namespace Razum.Cli.Verbs;

/// <summary><c>razum select SAMPLES</c>: the good ones of many samples, as conversations to train on, or good and bad ones as pairs.</summary>
internal sealed class Select : Verb
{
    private readonly Argument<string[]> _samples = new("SAMPLES") { Description = "Files that razum sample wrote.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int> _most = new("--most") { Description = "The most answers, or pairs, of one problem; 0 keeps all.", HelpName = "N", DefaultValueFactory = _ => 2 };
    private readonly Option<bool> _shortest = new("--shortest") { Description = "Prefer short answers." };
    private readonly Option<bool> _thinking = new("--thinking") { Description = "Only answers that come after thinking." };

    private readonly Option<double> _passRate = new("--max-pass-rate")
    {
        Description = "Only problems of which at most this share of answers is right.",
        HelpName = "SHARE",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<bool> _unverified = new("--unverified") { Description = "Keep wrong answers, too: to see what learning from unchecked answers does." };

    private readonly Option<bool> _pairs = new("--pairs") { Description = "Write pairs of a right and a wrong answer, for a stage of preference." };

    private readonly Option<bool> _longer = new("--longer")
    {
        Description = "With --pairs: reject right answers at least 1.5 times as long as the shortest, which is chosen.",
    };

    private readonly Option<string?> _rates = new("--rates") { Description = "Also write the pass rate of every problem.", HelpName = "FILE" };
    private readonly Option<string> _out = new("--out") { Description = "The conversations or pairs, JSON lines.", HelpName = "FILE", Required = true };

    public Select(Terminal terminal, Option<int> threads)
        : base("select", "Choose correct, readable samples as conversations to train on, or make pairs of them.", terminal, threads)
    {
        Add(_samples);
        Add(_most);
        Add(_shortest);
        Add(_thinking);
        Add(_passRate);
        Add(_unverified);
        Add(_pairs);
        Add(_longer);
        Add(_rates);
        Add(_out);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum select out/samples.jsonl --most 2 --shortest --out out/selected.jsonl",
        "razum select out/samples.jsonl --pairs --out out/pairs.jsonl",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        var options = new RejectionOptions
        {
            MostPerProblem = arguments.GetValue(_most) is >= 0 and var most ? most : throw new ArgumentException("--most must be at least 0"),
            Shortest = arguments.GetValue(_shortest),
            ThinkingOnly = arguments.GetValue(_thinking),
            Unverified = arguments.GetValue(_unverified),
            HighestPassRate = arguments.GetValue(_passRate) is >= 0 and <= 1 and var rate ? rate : throw new ArgumentException("--max-pass-rate must be from 0 to 1"),
        };
        bool longer = arguments.GetValue(_longer);
        if (longer && !arguments.GetValue(_pairs))
        {
            throw new ArgumentException("--longer needs --pairs");
        }

        if (options.Unverified && arguments.GetValue(_pairs))
        {
            throw new ArgumentException("--unverified makes no --pairs");
        }

        IReadOnlyList<Training.Data.Samples.Sample> samples = SampleFile.Read(arguments.GetValue(_samples)!).Samples;
        if (arguments.GetValue(_rates) is { } rates)
        {
            RejectionSampling.Rates(samples).Write(rates);
        }

        string path = arguments.GetValue(_out)!;
        Terminal.Screen.WriteLine($"{path}: {(arguments.GetValue(_pairs) ? WritePairs(path, samples, options, longer) : WriteConversations(path, samples, options))}");
        return Task.FromResult(CommandLine.Done);
    }

    private static RejectionReport WriteConversations(string path, IReadOnlyList<Training.Data.Samples.Sample> samples, RejectionOptions options)
    {
        (IReadOnlyList<Training.Data.Samples.Sample> kept, RejectionReport report) = RejectionSampling.Select(samples, options);
        if (kept.Count == 0)
        {
            throw new InvalidDataException($"nothing to train on: {report}");
        }

        ConversationLines.Write(path, kept.Select(RejectionSampling.ToConversation));
        return report;
    }

    private static PairReport WritePairs(string path, IReadOnlyList<Training.Data.Samples.Sample> samples, RejectionOptions options, bool longer)
    {
        (IReadOnlyList<PreferencePair> pairs, PairReport report) = PairSelection.Select(samples, options, longer);
        if (pairs.Count == 0)
        {
            throw new InvalidDataException($"nothing to train on: {report}");
        }

        ConversationLines.Write(path, pairs);
        return report;
    }
}
