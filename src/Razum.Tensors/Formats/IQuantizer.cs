namespace Razum.Tensors.Formats;

/// <summary>A block format that values can be rounded to.</summary>
internal unsafe interface IQuantizer : IBlock
{
    /// <summary>A block near to <see cref="IBlock.Values"/> values, by the least squared error that the format's search finds.</summary>
    /// <param name="source">The values.</param>
    /// <param name="importance">How much the columns matter; empty when all matter alike.</param>
    /// <param name="block">The block, whose old bytes do not matter.</param>
    static abstract void Quantize(float* source, Importance importance, byte* block);
}
