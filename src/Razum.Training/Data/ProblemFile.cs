using System.Security.Cryptography;
using Razum.Text;
using Razum.Training.Data.Files;
using Razum.Training.Evals.Sets;
using Razum.Training.Runs;
using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Training.Data;

/// <summary>
/// Problems with their right answers from data files: rows of any columns, or one of the sets that models are measured on. Every pass has another order.
/// Held out is a random share of the rows, the same in every pass; a prompt that is held out is not trained on where it stands a second time either.
/// </summary>
internal sealed class ProblemFile : ProblemSource
{
    private readonly Problem[] _trained;
    private readonly Problem[] _heldOut;
    private readonly string _name;
    private readonly ulong _seed;

    /// <param name="config">Which files, and how their rows are read.</param>
    /// <param name="seed">Fixes orders and what is held out.</param>
    /// <param name="tokens">Length of a problem's prompt.</param>
    /// <param name="longest">The longest prompt; those that are longer are left out.</param>
    /// <exception cref="InvalidDataException">A file is missing, a row is no problem, or too few are left; one line with file and row.</exception>
    public ProblemFile(ProblemsConfig config, int seed, Func<Problem, int> tokens, int longest)
    {
        (_name, _seed) = (config.Name, (ulong)seed);
        string[] files = [.. config.Files.SelectMany(f => DataFiles.Find(f, "train"))];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        List<Problem> problems = [];
        foreach (string file in files)
        {
            DataFiles.AppendTo(hash, file);
            problems.AddRange(config.Set is { } set ? EvaluationSets.ReadProblems(set, file) : DataFiles.Read(file).Select(row => Read(row, config.Columns)));
        }

        Fingerprint = $"file {Convert.ToHexStringLower(hash.GetHashAndReset())}";
        string? directive = config.Directive ?? (config.Set is null ? null : EvaluationSets.DirectiveOf(config.Set));
        problems = directive is null ? problems : [.. problems.Select(p => Direct(p, directive))];
        Problem[] fitting = [.. problems.Where(p => tokens(p) <= longest)];
        LeftOut = problems.Count - fitting.Length;
        Problem[] shuffled = [.. Enumerable.Range(0, fitting.Length).Select(i => fitting[Shuffle.Permute(i, fitting.Length, Shuffle.Hash(_seed, 0))])];
        _heldOut = shuffled[..(config.HeldOut > 0 ? Math.Min(Math.Max(1, (int)(config.HeldOut * shuffled.Length)), shuffled.Length) : 0)];
        HashSet<string> kept = [.. _heldOut.Select(p => p.Prompt)];
        _trained = [.. shuffled[_heldOut.Length..].Where(p => !kept.Contains(p.Prompt))];
        if (_trained.Length == 0)
        {
            string why = LeftOut > 0 ? $", {LeftOut} prompts are longer than {longest} tokens (sequence_length - max_tokens)" : "";
            throw new InvalidDataException($"{config.Files[0]}: no problem to train on: {problems.Count} in all{why}, {_heldOut.Length} held out");
        }
    }

    public override string Fingerprint { get; }

    /// <summary>Problems to train on.</summary>
    public int Count => _trained.Length;

    /// <summary>Problems whose prompts were too long.</summary>
    public int LeftOut { get; }

    public override IEnumerable<Problem> Given => _trained.Concat(_heldOut);

    public override DrawnProblem Get(long index, Func<ProceduralTask, int>? level = null)
    {
        (long pass, long place) = Math.DivRem(index, _trained.Length);
        Problem problem = _trained[Shuffle.Permute(place, _trained.Length, Shuffle.Hash(_seed, 1 + (ulong)pass))];
        return new DrawnProblem(problem, DrawnProblem.KeyOf(_name, problem.Prompt));
    }

    public override IReadOnlyList<(string Family, Problem Problem)> HeldOut(int most) => [.. _heldOut.Take(most).Select(p => (_name, p))];

    private static Problem Read(DataRow row, ConversationColumns columns)
    {
        IReadOnlyList<ChatMessage> messages = columns.Read(row).Messages;
        if (messages is not [.., { Role: "user", Content: var prompt }, { Content: var answer }] || string.IsNullOrWhiteSpace(prompt))
        {
            throw row.Fault("expected a user's message, and the right answer after it");
        }

        return new Problem
        {
            Prompt = prompt,
            Messages = messages.Count > 2 ? [.. messages.SkipLast(1)] : null,
            Answer = string.IsNullOrWhiteSpace(answer) ? throw row.Fault("the right answer is empty") : answer.Trim(),
            Truth = row.Field("tests") is null ? null : row.Fields, // what a program is judged by
            Source = row.Where,
        };
    }

    private static Problem Direct(Problem problem, string directive)
    {
        string prompt = $"{problem.Prompt}\n\n{directive}";
        return problem with { Prompt = prompt, Messages = problem.Messages is { } m ? [.. m.SkipLast(1), m[^1] with { Content = prompt }] : null };
    }
}
