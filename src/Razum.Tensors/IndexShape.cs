namespace Razum.Tensors;

/// <summary>Sizes of the indexer of sparse attention (DeepSeek-V3.2).</summary>
/// <param name="Heads">Its query heads.</param>
/// <param name="Dim">Columns of a query head, and of its one key.</param>
/// <param name="TopK">Keys that a row attends to at most.</param>
public readonly record struct IndexShape(int Heads, int Dim, int TopK);
