using Razum.Training.Tasks;

namespace Razum.Training.Evals;

/// <summary>A greedy answer of an evaluation.</summary>
/// <param name="Family">What was asked.</param>
/// <param name="Prompt">What the user said.</param>
/// <param name="Completion">All that the model wrote, its thinking included, without the end token.</param>
/// <param name="Outcome">The judgement of the task's checker.</param>
/// <param name="Extracted">The answer that was judged; null where there is none.</param>
/// <param name="Tokens">Tokens of the answer, the end token included.</param>
public sealed record EvaluationAnswer(string Family, string Prompt, string Completion, TaskOutcome Outcome, string? Extracted, int Tokens);
