using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace Razum.Cli.Verbs;

/// <summary>
/// <c>razum chain FILE</c>: the steps of a recipe, one after another. Each step is a command line of Razum; paths in it are relative to the file. A step that
/// was interrupted goes on where it was, one that is done is done again in no time, so the same command resumes a chain. <c>{seed}</c> in a step stands for the
/// seed, and with <c>--seed</c> every <c>train</c> that names none gets it.
/// </summary>
internal sealed class Chain : Verb
{
    private readonly Argument<string> _chain = new("FILE") { Description = "A chain file, such as runs/r1/r1.json." };

    private readonly Option<int?> _seed = new("--seed") { Description = "The seed of all steps; without it, what the run files say.", HelpName = "N" };

    public Chain(Terminal terminal, Option<int> threads)
        : base("chain", "Run the steps of a recipe, one after another.", terminal, threads)
    {
        Add(_chain);
        Add(_seed);
    }

    public override IReadOnlyList<string> Examples { get; } = ["razum chain runs/r1/r1.json", "razum chain runs/r1/r1.json --seed 2"];

    protected override async Task<int> Run(ParseResult arguments)
    {
        string path = Path.GetFullPath(arguments.GetValue(_chain)!);
        IReadOnlyList<string[]> steps = [.. Read(path).Select(s => Seeded(s, arguments.GetValue(_seed)))];
        string before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = Path.GetDirectoryName(path)!;
        try
        {
            for (int i = 0; i < steps.Count; i++)
            {
                Terminal.Screen.WriteLine();
                Terminal.Screen.WriteLine($"step {i + 1} of {steps.Count}: razum {string.Join(' ', steps[i])}");
                string[] step = Threads(arguments) > 0 ? [.. steps[i], "--threads", $"{Threads(arguments)}"] : steps[i];
                int code = await CommandLine.Run(step, Terminal).ConfigureAwait(false);
                if (code != CommandLine.Done)
                {
                    return code;
                }
            }
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }

        return CommandLine.Done;
    }

    private static string[] Seeded(string[] step, int? seed)
    {
        string[] seeded = [.. step.Select(a => a.Replace("{seed}", $"{seed ?? 1}", StringComparison.Ordinal))];
        bool lacksSeed = step[0] == "train" && !step.Contains("--seed");
        return seed is not null && lacksSeed ? [.. seeded, "--seed", $"{seed}"] : seeded;
    }

    /// <summary><c>{"steps": [["train", "a.json"], ...]}</c></summary>
    private static IReadOnlyList<string[]> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"{path}: no such chain file");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(
                File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            string[][] steps = [.. document.RootElement.GetProperty("steps").EnumerateArray().Select(s => s.EnumerateArray().Select(a => a.GetString()!).ToArray())];
            return steps.Length > 0 && steps.All(s => s.Length > 0 && s.All(a => a is not null) && s[0] != "chain")
                ? steps
                : throw new InvalidDataException($"{path}: steps must be command lines other than chain");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{path}: expected {{\"steps\": [[\"train\", \"run.json\"], ...]}}: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }
    }
}
