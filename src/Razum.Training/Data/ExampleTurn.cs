namespace Razum.Training.Data;

/// <summary>What a user says and what the model replies.</summary>
/// <param name="User">The question.</param>
/// <param name="Reasoning">What is thought before the answer; empty for small talk and for direct answers.</param>
/// <param name="Answer">The answer alone.</param>
/// <param name="Thinking">Whether the user asked for thinking; with false the reasoning is empty.</param>
public sealed record ExampleTurn(string User, string Reasoning, string Answer, bool Thinking);
