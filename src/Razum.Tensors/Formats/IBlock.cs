namespace Razum.Tensors.Formats;

/// <summary>A format that stores neighbouring values of a row together, in blocks as published (GGUF).</summary>
internal unsafe interface IBlock
{
    static abstract WeightFormat Format { get; }

    /// <summary>Values of a block: a multiple of 32.</summary>
    static abstract int Values { get; }

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>The values of a block, every product and difference rounded to F32 by itself: the bits of ggml.</summary>
    static abstract void Dequantize(byte* block, float* target);
}
