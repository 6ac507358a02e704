using System.CommandLine;
using Razum.Training.Data;
using Razum.Training.Data.Cleaning;
using Razum.Training.Data.Files;
using Razum.Training.Evals.Sets;
using Razum.Training.Verifiers;

namespace Razum.Cli.Verbs;

/// <summary><c>razum clean FILES</c>: conversations without repetitions and without questions that models are measured on.</summary>
internal sealed class Clean : Verb
{
    private readonly Argument<string[]> _files = new("FILES") { Description = "Files or folders of conversations: JSON lines, JSON, Parquet, CSV.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string[]> _sets = Eval.CreateSets();

    private readonly Option<double?> _near = new("--near")
    {
        Description = "Also take out what shares this part of its runs of five words with an earlier conversation, such as 0.8.",
        HelpName = "SHARE",
    };

    private readonly Option<int> _words = new("--words") { Description = "Words in a row that a question must share: 8, 10 or 13 are usual.", HelpName = "N", DefaultValueFactory = _ => 10 };
    private readonly Option<string?> _prompt = new("--prompt") { Description = "Column of the prompt.", HelpName = "NAME" };
    private readonly Option<string?> _answer = new("--answer") { Description = "Column of the answer.", HelpName = "NAME" };
    private readonly Option<string?> _after = new("--answer-after") { Description = "Mark in the answer, such as ####: thinking before it, the answer after it.", HelpName = "MARK" };
    private readonly Option<string> _out = new("--out") { Description = "The conversations as JSON lines; the report goes to FILE.md and FILE.json.", HelpName = "FILE", Required = true };

    public Clean(Terminal terminal, Option<int> threads)
        : base("clean", "Take repeated conversations and questions of evaluation sets out of training data.", terminal, threads)
    {
        foreach (Option option in (Option[])[_sets, _near, _words, _prompt, _answer, _after, _out])
        {
            Add(option);
        }

        Add(_files);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "razum clean data/gsm8k/train.jsonl --answer-after \"####\" --set gsm8k=data/gsm8k/test.jsonl --near 0.8 --out out/gsm8k.jsonl",
        "razum clean data/chats --out out/chats.jsonl",
    ];

    protected override Task<int> Run(ParseResult arguments)
    {
        double? near = arguments.GetValue(_near) is { } share ? share is > 0 and <= 1 ? share : throw new ArgumentException("--near must be above 0 and at most 1") : null;
        Decontamination? decontamination = null;
        foreach (EvaluationSet set in (arguments.GetValue(_sets) ?? []).Select(EvaluationSets.Parse))
        {
            decontamination ??= new Decontamination(arguments.GetValue(_words));
            foreach (Problem problem in set.Problems)
            {
                decontamination.Add(set.Name, problem.Prompt);
            }
        }

        var columns = new ConversationColumns
        {
            Prompt = arguments.GetValue(_prompt),
            Answer = arguments.GetValue(_answer),
            AnswerAfter = arguments.GetValue(_after),
        };
        var cleaning = new ConversationCleaning(new Duplicates(near), decontamination, columns);
        (IReadOnlyList<Training.Data.Conversation> kept, CleaningReport report) = cleaning.Run(arguments.GetValue(_files)!);
        string path = arguments.GetValue(_out)!;
        Eval.Save(path + ".md", report.ToMarkdown());
        Eval.Save(path + ".json", report.ToJson());
        ConversationLines.Write(path, kept);
        Terminal.Out.Write(report.ToMarkdown());
        return Task.FromResult(CommandLine.Done);
    }
}
