namespace Razum.Tensors;

/// <summary>Sizes of one attention operation. Query head h reads key head h / (Heads / KvHeads).</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key and value heads; 1 for absorbed latent attention.</param>
/// <param name="KeyDim">Columns of a query or key head.</param>
/// <param name="ValueDim">Columns of a value head.</param>
/// <param name="Scale">Factor on the scores.</param>
/// <param name="Window">A row sees only this many latest rows, itself included; 0 means all.</param>
public readonly record struct AttentionShape(int Heads, int KvHeads, int KeyDim, int ValueDim, float Scale, int Window = 0);
