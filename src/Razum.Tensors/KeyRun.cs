using System.Runtime.CompilerServices;

namespace Razum.Tensors;

/// <summary>
/// Keys and values of consecutive positions at a fixed distance in memory. Attention reads tiles at absolute positions through runs, so a cache may
/// be cut into several runs at any multiple of a tile without changing a bit.
/// </summary>
internal readonly unsafe struct KeyRun(float* keys, int keyStride, float* values, int valueStride, int first, int count)
{
    /// <summary>Distance between the keys of two positions, in values.</summary>
    public int KeyStride { get; } = keyStride;

    /// <summary>Distance between the values of two positions, in values.</summary>
    public int ValueStride { get; } = valueStride;

    /// <summary>The first position held.</summary>
    public int First { get; } = first;

    /// <summary>Number of positions held.</summary>
    public int Count { get; } = count;

    /// <summary>The keys (all heads) of a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Keys(int position) => keys + ((long)(position - First) * KeyStride);

    /// <summary>The values (all heads) of a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Values(int position) => values + ((long)(position - First) * ValueStride);
}
