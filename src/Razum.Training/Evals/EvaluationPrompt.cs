using Razum.Training.Tasks;
using Razum.Training.Verifiers;

namespace Razum.Training.Evals;

/// <summary>One question of an evaluation and how its answer is judged.</summary>
/// <param name="Text">What the user says.</param>
/// <param name="Check">Judges what the model wrote after the prompt's own end (<c>prefix</c>: an opened think tag), and whether it ended by itself.</param>
public sealed record EvaluationPrompt(string Text, Func<string, string, bool, TaskVerdict> Check)
{
    /// <summary>A problem of a procedural task, asked in <paramref name="text"/> (its own prompt when null).</summary>
    public static EvaluationPrompt Of(ProceduralTask task, TaskProblem problem, string? text = null) =>
        new(text ?? problem.Prompt, (prefix, completion, ended) => task.Check(prefix, completion, ended, problem.Truth));

    /// <summary>A problem of a data set, asked in <paramref name="text"/> and judged by <paramref name="verifier"/>.</summary>
    public static EvaluationPrompt Of(Problem problem, Verifier verifier, string text) => new(text, (prefix, completion, ended) =>
    {
        if (!ended)
        {
            return new TaskVerdict(TaskOutcome.Truncated, null);
        }

        Verdict verdict = verifier.Verify(problem, new Completion(completion, ended, 0, prefix));
        TaskOutcome outcome = verdict.Outcome switch
        {
            VerdictOutcome.Correct => TaskOutcome.Correct,
            VerdictOutcome.Wrong => TaskOutcome.Wrong,
            VerdictOutcome.Error => TaskOutcome.Error,
            _ => TaskOutcome.Unparseable,
        };
        return new TaskVerdict(outcome, verdict.Answer);
    });
}
