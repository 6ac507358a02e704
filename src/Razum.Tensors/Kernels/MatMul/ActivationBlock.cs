using System.Runtime.InteropServices;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>
/// 32 neighbouring values of a row of activations, rounded to signed bytes: value = Scale * Values[i]. With what products with them need of their sum:
/// weights that are stored as q + 128 make 128 times the sum too much, minima of weights are multiplied by it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal unsafe struct ActivationBlock
{
    /// <summary>Values of a block.</summary>
    internal const int Size = 32;

    /// <summary>-127 to 127.</summary>
    internal fixed sbyte Values[Size];

    /// <summary>Largest magnitude / 127.</summary>
    internal float Scale;

    /// <summary>-128 times the sum of <see cref="Values"/>.</summary>
    internal int Offset;

    /// <summary>-Scale times the sum of <see cref="Values"/>.</summary>
    internal float NegatedSum;

    /// <summary><see cref="Offset"/> of either half of <see cref="Values"/>.</summary>
    internal fixed int HalfOffsets[2];
}
