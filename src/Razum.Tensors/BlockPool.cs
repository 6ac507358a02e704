using System.Runtime.InteropServices;
using Razum.Tensors.Kernels;

namespace Razum.Tensors;

/// <summary>
/// The memory of all keys and values, in blocks of <see cref="BlockRows"/> tokens with all their layers, asked from the operating system once. A block is
/// counted: as many hold it as share its content. One that nobody holds keeps what is in it until it is taken again, the one released longest ago first,
/// so that a cache of prefixes can bring it back. For one thread at a time; nothing is allocated after construction.
/// </summary>
public sealed unsafe class BlockPool : IDisposable
{
    /// <summary>Tokens of a block: a tile of attention, which therefore never has to look into two blocks.</summary>
    public const int BlockRows = AttentionTile.Keys;

    private readonly long _blockFloats;
    private readonly int[] _holders;

    // The free blocks as a ring, the next to be taken first; its head stands at index Count.
    private readonly int[] _next;
    private readonly int[] _previous;
    private float* _memory;

    /// <param name="shape">What is stored of a token.</param>
    /// <param name="count">Number of blocks.</param>
    /// <exception cref="OutOfMemoryException">The operating system has no such memory.</exception>
    public BlockPool(CacheShape shape, int count)
    {
        shape.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        (Shape, Count, Free) = (shape, count, count);
        _blockFloats = shape.BlockBytes / sizeof(float);
        _memory = (float*)LargePages.Allocate((nuint)checked(shape.BlockBytes * count));
        _holders = new int[count];
        _next = new int[count + 1];
        _previous = new int[count + 1];
        for (int i = 0; i <= count; i++)
        {
            (_next[i], _previous[i]) = ((i + 1) % (count + 1), (i + count) % (count + 1));
        }
    }

    ~BlockPool() => NativeMemory.AlignedFree(_memory);

    public CacheShape Shape { get; }

    /// <summary>Number of blocks.</summary>
    public int Count { get; }

    /// <summary>Blocks that nobody holds.</summary>
    public int Free { get; private set; }

    /// <summary>Bytes held from the operating system.</summary>
    public long Bytes => _memory == null ? 0 : Shape.BlockBytes * Count;

    /// <summary>Told of every block that is taken anew, just before its content is lost.</summary>
    public Action<int>? Reused { get; set; }

    /// <summary>How many hold a block.</summary>
    public int Holders(int block) => _holders[block];

    /// <summary>Takes a free block; its content is whatever it was.</summary>
    /// <returns>False when every block is held.</returns>
    public bool TryTake(out int block)
    {
        ObjectDisposedException.ThrowIf(_memory == null, this);
        block = _next[Count];
        if (block == Count)
        {
            return false;
        }

        Reused?.Invoke(block);
        Hold(block);
        return true;
    }

    /// <summary>Holds a block once more, also one that nobody holds.</summary>
    public void Hold(int block)
    {
        if (_holders[block]++ == 0)
        {
            (_next[_previous[block]], _previous[_next[block]]) = (_next[block], _previous[block]);
            Free--;
        }
    }

    /// <summary>Lets go of a block. When the last holder does it joins the free ones: as the last to be taken, or as the first when its content is worth nothing.</summary>
    public void Release(int block, bool isWorthless = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_holders[block], nameof(block));
        if (--_holders[block] == 0)
        {
            int before = isWorthless ? Count : _previous[Count];
            (_previous[block], _next[block]) = (before, _next[before]);
            _previous[_next[block]] = block;
            _next[before] = block;
            Free++;
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Where a block begins: layer after layer, row after row, a row being [keys | values].</summary>
    internal float* Address(int block) => _memory + (block * _blockFloats);

    /// <summary>The integers stored with a row of a block; they lie behind its layers.</summary>
    internal Span<int> Integers(int block, int row) => new(Address(block) + (Shape.Layers * Shape.LayerFloats) + (row * Shape.Integers), Shape.Integers);

    /// <summary>Copies the first rows of a block, in every layer.</summary>
    internal void Copy(int source, int target, int rows)
    {
        float* from = Address(source), to = Address(target);
        for (int layer = 0; layer < Shape.Layers; layer++, from += Shape.LayerFloats, to += Shape.LayerFloats)
        {
            new ReadOnlySpan<float>(from, rows * Shape.RowColumns).CopyTo(new Span<float>(to, rows * Shape.RowColumns));
        }

        new ReadOnlySpan<float>(from, rows * Shape.Integers).CopyTo(new Span<float>(to, rows * Shape.Integers)); // behind the last layer; bits, not values
    }
}
