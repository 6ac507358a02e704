using System.Globalization;
using Razum.Training.Data.Traces;
using Razum.Training.Tasks;

namespace Razum.Training.Data;

/// <summary>
/// Example texts for small models, the one that ships with Razum among them: procedural tasks with thinking that a model of a million parameters can follow
/// (every token is a copy or a small table), and small talk. Pure functions of (seed, index). Problems kept for evaluation are never trained on.
/// </summary>
public sealed class NanoExamples
{
    private const string Chat = "chat";
    private const double TwoTurnShare = 0.04;
    private const double DirectShare = 0.08;
    private const double SilentChatShare = 0.3;

    private static readonly (string Name, double Weight)[] s_defaults =
    [
        ("chain_mod100", 0.13), ("addition", 0.14), ("linear", 0.12), ("gcd", 0.15), ("sorting", 0.12), ("count_letters", 0.07), ("reversing", 0.08),
        ("word_problems", 0.14), (Chat, 0.05),
    ];

    /// <summary>Never drawn unless they are named.</summary>
    private static readonly string[] s_others =
    [
        "multiplication", "modular", "fraction", "base_conversion", "parity", "propositional", "knights", "date_time", "countdown3", "countdown4", "sudoku4",
    ];

    private readonly ulong _seed;
    private readonly double? _worked;
    private readonly int? _level;
    private readonly (string Name, double Below)[] _shares;
    private readonly string[] _tasks;

    /// <param name="seed">Fixes all examples.</param>
    /// <param name="weights">How often each family is drawn, relative to the others; one that is not named is not drawn. Null for the usual mixture.</param>
    /// <param name="worked">
    /// Share of task answers with thinking; the others have none although nobody asked for that: what a base model learns that shall find out by itself
    /// when to think. Null for the usual examples: all have it but a few that are asked for without.
    /// </param>
    /// <param name="level">The level of difficulty of all problems (each task's last where it has fewer); null for whole distributions.</param>
    public NanoExamples(ulong seed, IReadOnlyDictionary<string, double>? weights = null, double? worked = null, int? level = null)
    {
        weights ??= s_defaults.ToDictionary(d => d.Name, d => d.Weight);
        foreach ((string name, double weight) in weights)
        {
            if (!Families.Contains(name) || !double.IsFinite(weight) || weight < 0)
            {
                throw new ArgumentException($"weight {weight} of '{name}'; families: {string.Join(", ", Families)}; weights are not negative", nameof(weights));
            }
        }

        if (worked is < 0 or > 1 or double.NaN || level < 0)
        {
            throw new ArgumentException($"a share of worked answers of {worked} or a level of {level} means nothing");
        }

        double total = weights.Values.Sum();
        if (!(total > 0))
        {
            throw new ArgumentException("the weights of all families are zero", nameof(weights));
        }

        // In the order of Families, so that the order of a dictionary does not matter. The last share is the rest: rounding leaves no gap.
        (_seed, _worked, _level) = (seed, worked, level);
        double sum = 0;
        _shares = [.. Families.Where(f => weights.GetValueOrDefault(f) > 0).Select(f => (f, sum += weights[f] / total))];
        _shares[^1].Below = 1;
        _tasks = [.. _shares.Select(s => s.Name).Where(n => n != Chat)];
    }

    /// <summary>The tasks, and small talk as <c>chat</c>.</summary>
    public static IReadOnlyList<string> Families { get; } = [.. s_defaults.Select(d => d.Name), .. s_others];

    /// <summary>The tasks that the shipped model has learned.</summary>
    public static IReadOnlyList<string> UsualTasks { get; } = [.. s_defaults.Select(d => d.Name).Where(n => n != Chat), "parity", "propositional", "modular"];

    /// <summary>What the examples are; other examples give another text. The number changes with any change of what is written.</summary>
    public string Fingerprint =>
        $"nano 4 {_seed} {string.Join(' ', _shares.Select(s => $"{s.Name} {s.Below.ToString("R", CultureInfo.InvariantCulture)}"))}"
        + (_worked is { } share ? $" worked {share.ToString("R", CultureInfo.InvariantCulture)}" : "") + (_level is { } level ? $" level {level}" : "");

    /// <summary>Training example <paramref name="index"/>.</summary>
    public ChatExample Training(ulong index) => Compose(index).Example;

    /// <summary>Held-out problem <paramref name="index"/> of a task, and a way to ask it.</summary>
    public (string Prompt, TaskProblem Problem) Evaluation(string family, ulong index)
    {
        ulong stream = 1 + (ulong)Place(family);
        ProceduralTask task = TaskRegistry.Get(family);
        TaskRandom random = new(_seed, stream, index);
        TaskProblem problem = task.Generate(ref random);
        while (!ProblemKey.IsHeldOut(family, problem))
        {
            problem = task.Generate(ref random);
        }

        return (ProblemWording.Ask(family, problem, ref random), problem);
    }

    /// <summary>Held-out problem <paramref name="index"/>, of the tasks of this mixture in turn, with the thinking and the answer that are taught.</summary>
    /// <exception cref="InvalidOperationException">The mixture has no task.</exception>
    public ChatExample Evaluation(ulong index)
    {
        string[] tasks = _tasks.Length > 0 ? _tasks : throw new InvalidOperationException("a mixture of small talk alone has nothing held out");
        string family = tasks[index % (ulong)tasks.Length];
        (string prompt, TaskProblem problem) = Evaluation(family, index / (ulong)tasks.Length);
        return new ChatExample(family, [new ExampleTurn(prompt, Reasoning(family, problem), problem.Answer, true)]);
    }

    /// <summary>A training example, and for each turn the problem asked (null for small talk).</summary>
    internal (ChatExample Example, IReadOnlyList<TaskProblem?> Problems) Compose(ulong index)
    {
        TaskRandom random = new(_seed, 0, index);
        string family = Family(ref random);
        double directShare = family == Chat ? SilentChatShare : 1 - _worked ?? DirectShare;
        bool isDirect = random.NextDouble() < directShare;
        List<ExampleTurn> turns = [];
        List<TaskProblem?> problems = [];
        if (random.NextDouble() >= TwoTurnShare)
        {
            Add(family, null, ref random);
        }
        else
        {
            double order = family == Chat ? 0 : random.NextDouble();
            if (order < 0.4)
            {
                string second = Family(ref random);
                Add(family, null, ref random);
                Add(second, null, ref random);
            }
            else if (order < 0.7)
            {
                Add(Chat, SmallTalk.Greeting, ref random);
                Add(family, null, ref random);
            }
            else
            {
                Add(family, null, ref random);
                Add(Chat, SmallTalk.Thanks, ref random);
            }
        }

        return (new ChatExample(family, turns), problems);

        void Add(string of, string? kind, ref TaskRandom random)
        {
            if (of == Chat)
            {
                (string user, string answer) = SmallTalk.Draw(kind, _tasks, ref random);
                turns.Add(new ExampleTurn(user, "", answer, !isDirect));
                problems.Add(null);
                return;
            }

            TaskProblem problem = Problem(of, ref random);
            string reasoning = isDirect ? "" : Reasoning(of, problem);
            turns.Add(new ExampleTurn(ProblemWording.Ask(of, problem, ref random), reasoning, problem.Answer, !isDirect || _worked is not null));
            problems.Add(problem);
        }
    }

    /// <summary>The thinking that is taught for a problem.</summary>
    internal static string Reasoning(string family, TaskProblem problem) => family switch
    {
        "chain_mod100" => ChainTrace.Write(problem.Truth),
        "addition" => AdditionTrace.Write(problem.Truth),
        "linear" => LinearTrace.Write(problem.Truth),
        "gcd" => GreatestCommonDivisorTrace.Write(problem.Truth),
        "sorting" => SortingTrace.Write(problem.Truth),
        "count_letters" => CountLettersTrace.Write(problem.Truth),
        "reversing" => ReversingTrace.Write(problem.Truth),
        "word_problems" => WordProblemTrace.Write(problem.Truth),
        "multiplication" => MultiplicationTrace.Write(problem.Truth),
        "modular" => ModularTrace.Write(problem.Truth),
        "fraction" => FractionTrace.Write(problem.Truth),
        "base_conversion" => BaseConversionTrace.Write(problem.Truth),
        "parity" => ParityTrace.Write(problem.Truth),
        "propositional" => PropositionalTrace.Write(problem.Truth),
        "knights" => KnightsTrace.Write(problem),
        "date_time" => DateTimeTrace.Write(problem.Truth),
        "countdown3" or "countdown4" => CountdownTrace.Write(problem.Truth),
        "sudoku4" => SudokuTrace.Write(problem.Truth),
        _ => throw new ArgumentException($"no thinking for family '{family}'", nameof(family)),
    };

    private TaskProblem Problem(string family, ref TaskRandom random)
    {
        ProceduralTask task = TaskRegistry.Get(family);
        TaskProblem problem = (_level is null ? PlainProblems.Draw(family, ref random) : null) ?? Draw(ref random);
        while (ProblemKey.IsHeldOut(family, problem))
        {
            problem = Draw(ref random);
        }

        return problem;

        TaskProblem Draw(ref TaskRandom random) =>
            _level is { } level ? task.Generate(ref random, Math.Min(level, task.Levels.Count - 1)) : task.Generate(ref random);
    }

    private static int Place(string family)
    {
        for (int i = 0; i < Families.Count; i++)
        {
            if (Families[i] == family && family != Chat)
            {
                return i;
            }
        }

        throw new ArgumentException($"'{family}' is not one of the tasks {string.Join(", ", Families.Where(f => f != Chat))}", nameof(family));
    }

    private string Family(ref TaskRandom random)
    {
        double draw = random.NextDouble();
        return _shares.First(s => draw < s.Below).Name;
    }
}
