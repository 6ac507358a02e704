using System.Runtime.InteropServices;

namespace Razum.Tensors;

/// <summary>
/// Memory for the tensors of one step: taking some is moving a pointer, and <see cref="Reset"/> gives all of it back at once.
/// Blocks are kept, so a loop of equal steps stops asking the operating system after the first. Contents are not cleared.
/// </summary>
public sealed unsafe class Arena : IDisposable
{
    private const nuint Alignment = 64;
    private const long SmallestBlock = 1 << 22;

    private readonly List<(nint Start, long Size)> _blocks = [];
    private int _block;
    private long _used;
    private int _releases;

    /// <summary>Bytes held from the operating system.</summary>
    public long Capacity { get; private set; }

    /// <summary>A tensor with room for [rows, columns]; its values are whatever the memory holds.</summary>
    public Tensor Allocate(int rows, int columns) =>
        new((float*)AllocateBytes((long)rows * columns * sizeof(float)), rows, columns, columns);

    /// <summary>A tensor of zeros.</summary>
    public Tensor AllocateZeroed(int rows, int columns)
    {
        Tensor tensor = Allocate(rows, columns);
        NativeMemory.Clear(tensor.Data, (nuint)((long)rows * columns * sizeof(float)));
        return tensor;
    }

    /// <summary>Gives everything back. Tensors made before are no longer valid.</summary>
    public void Reset() => Release(default);

    public void Dispose()
    {
        foreach ((nint start, _) in _blocks)
        {
            NativeMemory.AlignedFree((void*)start);
        }

        _blocks.Clear();
        (_block, _used, Capacity) = (0, 0, 0);
    }

    internal int* AllocateInts(long count) => (int*)AllocateBytes(count * sizeof(int));

    /// <summary>A place to come back to with <see cref="Release"/>.</summary>
    internal Mark Here() => new(_block, _used, _releases);

    /// <summary>Gives back what was taken since <paramref name="mark"/>.</summary>
    internal void Release(Mark mark) => (_block, _used, _releases) = (mark.Block, mark.Used, _releases + 1);

    internal byte* AllocateBytes(long bytes)
    {
        bytes = (bytes + (long)Alignment - 1) & ~((long)Alignment - 1);
        while (_block < _blocks.Count && _used + bytes > _blocks[_block].Size)
        {
            _block++;
            _used = 0;
        }

        if (_block == _blocks.Count)
        {
            long size = Math.Max(Math.Max(bytes, SmallestBlock), Math.Min(Capacity / 2, 1L << 28));
            _blocks.Add(((nint)NativeMemory.AlignedAlloc((nuint)size, Alignment), size));
            Capacity += size;
        }

        byte* result = (byte*)_blocks[_block].Start + _used;
        _used += bytes;
        return result;
    }

    /// <summary>A place, and how often something had been given back: equal only if nothing was taken or given back in between.</summary>
    public readonly record struct Mark(int Block, long Used, int Releases);
}
