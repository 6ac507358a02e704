using Razum.Training.Data;

namespace Razum.Training.Evals;

/// <summary>A prompt to draw answers to.</summary>
/// <param name="Family">Its task or data set.</param>
/// <param name="Key">Key of its problem.</param>
/// <param name="Prompt">What is asked, and the judge.</param>
public sealed record SamplingPrompt(string Family, string Key, EvaluationPrompt Prompt)
{
    /// <summary>A problem of a procedural task.</summary>
    public static SamplingPrompt Of(AskedProblem asked) => new(asked.Task.Name, asked.Key, EvaluationPrompt.Of(asked.Task, asked.Problem, asked.Text));
}
