namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>A part of a file, checked to lie in it.</summary>
internal readonly record struct ByteRange(long Begin, long Length);
