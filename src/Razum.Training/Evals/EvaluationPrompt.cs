using Razum.Training.Tasks;

namespace Razum.Training.Evals;

/// <summary>One question of an evaluation and how its answer is judged.</summary>
/// <param name="Text">What the user says.</param>
/// <param name="Check">Judges what the model wrote after the prompt's own end (<c>prefix</c>: an opened think tag), and whether it ended by itself.</param>
public sealed record EvaluationPrompt(string Text, Func<string, string, bool, TaskVerdict> Check)
{
    /// <summary>A problem of a procedural task, asked in <paramref name="text"/> (its own prompt when null).</summary>
    public static EvaluationPrompt Of(ProceduralTask task, TaskProblem problem, string? text = null) =>
        new(text ?? problem.Prompt, (prefix, completion, ended) => task.Check(prefix, completion, ended, problem.Truth));
}
