namespace Razum.Tensors;

/// <summary>The columns of a tensor that belong to one head: head h owns [h * Stride + From, h * Stride + From + Count). A stride of 0 shares them among all heads.</summary>
public readonly record struct HeadColumns(Tensor Source, int Stride, int From, int Count);
