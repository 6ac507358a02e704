namespace Razum.Training.Evals;

/// <summary>Questions of one kind that no training has seen.</summary>
/// <param name="Name">Row of the report.</param>
/// <param name="Prompts">The questions.</param>
public sealed record EvaluationFamily(string Name, IReadOnlyList<EvaluationPrompt> Prompts);
