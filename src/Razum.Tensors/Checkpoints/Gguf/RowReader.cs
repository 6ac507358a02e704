namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>Gives one row of a tensor as F32; called by many threads at once.</summary>
public delegate void RowReader(long row, Span<float> target);
