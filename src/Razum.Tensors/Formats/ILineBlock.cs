namespace Razum.Tensors.Formats;

/// <summary>A format whose values are d * s * level - dmin * m with levels of at most a byte; <see cref="LineTile{F}"/> gives it tiles.</summary>
internal unsafe interface ILineBlock : IQuantizer
{
    /// <summary>The highest level.</summary>
    static abstract int Levels { get; }

    /// <summary>d and dmin of a block, as F16.</summary>
    static abstract (ushort D, ushort Dmin) Steps(byte* block);

    /// <summary>The 32 levels of a part, and its s and m.</summary>
    static abstract (byte Scale, byte Minimum) Read(byte* block, int part, byte* levels);
}
