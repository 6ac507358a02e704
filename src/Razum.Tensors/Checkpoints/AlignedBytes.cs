using System.Runtime.InteropServices;

namespace Razum.Tensors.Checkpoints;

/// <summary>Native memory that lives as long as something refers to this object.</summary>
internal sealed unsafe class AlignedBytes(long length)
{
    ~AlignedBytes() => NativeMemory.AlignedFree(Data);

    public byte* Data { get; } = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), 64);
}
