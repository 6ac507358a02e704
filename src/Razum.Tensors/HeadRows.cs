namespace Razum.Tensors;

/// <summary>The rows of a weight that belong to one head: head h owns [h * Step + From, h * Step + From + Count).</summary>
public readonly record struct HeadRows(int Step, int From, int Count);
