namespace Razum.Tensors;

/// <summary>Keys and values of one sequence.</summary>
public sealed class KeyValueCache
{
    /// <summary>Rows stored.</summary>
    public int Length { get; }
}
