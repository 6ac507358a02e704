namespace Razum.Training.Data;

/// <summary>A conversation that the nano model learns from; there is no system prompt.</summary>
/// <param name="Family">The task's name, or <c>chat</c>; of two tasks the first one's.</param>
/// <param name="Turns">One or two exchanges.</param>
public sealed record ChatExample(string Family, IReadOnlyList<ExampleTurn> Turns);
