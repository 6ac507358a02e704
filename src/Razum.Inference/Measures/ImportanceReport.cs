namespace Razum.Inference.Measures;

/// <summary>What was read for an importance matrix, and what it holds.</summary>
/// <param name="Tensors">Weights that have sums.</param>
/// <param name="Chunks">Chunks of the text that were read.</param>
/// <param name="Tokens">Tokens of all of them.</param>
/// <param name="Unvisited">Matrices of experts that no token was sent to: they count 0.</param>
/// <param name="Seconds">Time of it.</param>
public sealed record ImportanceReport(int Tensors, int Chunks, long Tokens, int Unvisited, double Seconds);
