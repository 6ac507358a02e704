namespace Razum.Tensors.Formats;

/// <summary>A format whose values are scale * weight with weights of at most a signed byte; <see cref="SignedTile{F}"/> gives it tiles.</summary>
internal unsafe interface ISignedBlock : IQuantizer
{
    /// <summary>Scales of 32 values: 1, or 2 for their halves.</summary>
    static abstract int Runs { get; }

    /// <summary>The 32 weights of a part and its scales; their products are the values of <see cref="IBlock.Dequantize"/>.</summary>
    static abstract void Read(byte* block, int part, sbyte* weights, float* scales);
}
