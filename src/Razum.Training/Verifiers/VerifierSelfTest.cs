namespace Razum.Training.Verifiers;

/// <summary>
/// Tries a reward before a run: the right answer of each problem must be judged correct, and what is no answer must not. A reward that is always 0, or that
/// pays for nothing, wastes the run; this says so in one sentence before it starts.
/// </summary>
public static class VerifierSelfTest
{
    private const int MostProblems = 64;

    private static readonly string[] s_nothing =
    [
        "",
        " \n\t",
        "<think>\n\n</think>\n<answer>\n\n</answer>",
        "<think></think><answer></answer>",
        "<think>\n</think>",
        @"\boxed{}",
        "zxqv \u00b6 \\frac{ \\}{ %% ((( ][ ~~ \ud83d",
        "<answer><answer></answer></think></think><think>",
    ];

    /// <summary>Tries <paramref name="reward"/> with up to 64 of <paramref name="problems"/>.</summary>
    /// <exception cref="InvalidDataException">It fails; the message is one sentence with the part, the problem and the fault.</exception>
    public static void Run(Reward reward, IReadOnlyList<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(problems);
        RewardPart[] judges = [.. reward.Parts.Where(p => p.Verifier.JudgesAnswer)];
        if (judges.Length == 0)
        {
            throw new InvalidDataException("no part of the reward judges the answer: every completion of good form would be rewarded");
        }

        if (problems.Count == 0)
        {
            throw new InvalidDataException("there are no problems to try the reward with");
        }

        int step = (problems.Count + MostProblems - 1) / MostProblems;
        for (int i = 0; i < problems.Count; i += step)
        {
            foreach (RewardPart part in judges)
            {
                Try(part, problems[i]);
            }
        }
    }

    /// <summary>Tries the right answers alone, of all <paramref name="problems"/>: what a data set says must be readable, in every row.</summary>
    /// <exception cref="InvalidDataException">One is not; the message is one sentence with its place and the fault.</exception>
    public static void RunAnswers(Reward reward, IEnumerable<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(reward);
        ArgumentNullException.ThrowIfNull(problems);
        RewardPart[] judges = [.. reward.Parts.Where(p => p.Verifier.JudgesAnswer)];
        foreach (Problem problem in problems)
        {
            foreach (RewardPart part in judges)
            {
                TryAnswer(part, problem);
            }
        }
    }

    /// <summary>The completion that a model should write: some thinking, then the right answer as <paramref name="verifier"/> wants it.</summary>
    public static Completion Ideal(Verifier verifier, Problem problem)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        ArgumentNullException.ThrowIfNull(problem);
        return new($"<think>\nThe answer follows.\n</think>\n<answer>\n{verifier.WrittenAnswer(problem)}\n</answer>", true, 16);
    }

    private static void TryAnswer(RewardPart part, Problem problem)
    {
        Verdict right = part.Verifier.Verify(problem, Ideal(part.Verifier, problem));
        if (right.Outcome != VerdictOutcome.Correct)
        {
            string why = right.Message is null ? "" : $" ({right.Message})";
            string where = problem.Task is null && problem.Source.Length > 0 ? problem.Source + ": " : "";
            throw new InvalidDataException($"{where}'{part.Name}' calls the right answer of a problem {Name(right.Outcome)}{why}: answer {Short(problem.Answer)} to {Short(problem.Prompt)}");
        }
    }

    private static void Try(RewardPart part, Problem problem)
    {
        TryAnswer(part, problem);
        foreach (string text in s_nothing.Append(problem.Prompt))
        {
            Verdict verdict = part.Verifier.Verify(problem, new Completion(text, true, 1));
            if (verdict.Outcome == VerdictOutcome.Correct)
            {
                string what = text == problem.Prompt ? "the prompt itself" : text.Trim().Length == 0 ? "an empty completion" : Short(text);
                throw new InvalidDataException($"'{part.Name}' rewards {what} as an answer to {Short(problem.Prompt)}");
            }

            if (verdict.Outcome == VerdictOutcome.Error)
            {
                throw new InvalidDataException($"'{part.Name}' fails instead of refusing {Short(text)}: {verdict.Message}");
            }
        }
    }

    private static string Name(VerdictOutcome outcome) => outcome switch
    {
        VerdictOutcome.Wrong => "wrong",
        VerdictOutcome.NoAnswer => "no answer",
        VerdictOutcome.Error => "an error",
        _ => "correct",
    };

    private static string Short(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        return $"'{(line.Length <= 60 ? line : line[..57] + "...")}'";
    }
}
