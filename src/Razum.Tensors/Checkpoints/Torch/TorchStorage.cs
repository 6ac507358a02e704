namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>A run of values that tensors are views of; its bytes lie elsewhere in the file.</summary>
/// <param name="Type">Type of a value.</param>
/// <param name="Key">Its name in the file.</param>
/// <param name="Count">Number of values that the pickle announces.</param>
internal sealed record TorchStorage(ElementType Type, string Key, long Count);
