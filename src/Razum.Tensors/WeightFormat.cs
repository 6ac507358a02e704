namespace Razum.Tensors;

/// <summary>How the values of a weight are stored.</summary>
public enum WeightFormat
{
    F32,
    BF16,
}
