using System.Runtime.CompilerServices;

namespace Razum.Tensors;

/// <summary>
/// Keys and values of the positions [First, Count): rows of a tensor, or cut into the blocks of a cache. Attention reads tiles at absolute positions, and a
/// tile lies in one block, so the cut changes no bit. Within a tile consecutive positions are a stride apart.
/// </summary>
internal readonly unsafe struct KeyRun
{
    private readonly float** _blocks;
    private readonly float* _keys;
    private readonly float* _values;
    private readonly long _keyOffset;
    private readonly long _valueOffset;

    /// <summary>Positions at a fixed distance in memory.</summary>
    public KeyRun(float* keys, int keyStride, float* values, int valueStride, int count)
    {
        _keys = keys;
        _values = values;
        (KeyStride, ValueStride, Count) = (keyStride, valueStride, count);
    }

    /// <summary>Positions in blocks: within a block keys begin at one offset and values at another, rows at the same distance.</summary>
    public KeyRun(float** blocks, long keyOffset, long valueOffset, int stride, int first, int count)
    {
        _blocks = blocks;
        (_keyOffset, _valueOffset) = (keyOffset, valueOffset);
        (KeyStride, ValueStride, First, Count) = (stride, stride, first, count);
    }

    /// <summary>Distance between the keys of two positions of a tile, in values.</summary>
    public int KeyStride { get; }

    /// <summary>Distance between the values of two positions of a tile, in values.</summary>
    public int ValueStride { get; }

    /// <summary>The first position that may be seen.</summary>
    public int First { get; }

    /// <summary>The position after the last.</summary>
    public int Count { get; }

    /// <summary>The keys (all heads) of a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Keys(int position) => _blocks == null
        ? _keys + ((long)position * KeyStride)
        : _blocks[position / BlockPool.BlockRows] + _keyOffset + (position % BlockPool.BlockRows * KeyStride);

    /// <summary>The values (all heads) of a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Values(int position) => _blocks == null
        ? _values + ((long)position * ValueStride)
        : _blocks[position / BlockPool.BlockRows] + _valueOffset + (position % BlockPool.BlockRows * ValueStride);
}
