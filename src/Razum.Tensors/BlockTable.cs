using System.Runtime.InteropServices;

namespace Razum.Tensors;

/// <summary>The blocks of a <see cref="BlockPool"/> that hold one sequence, in order; some of them may be shared with other sequences.</summary>
public sealed unsafe class BlockTable : IDisposable
{
    private readonly int[] _blocks;
    private float** _addresses;

    /// <param name="pool">Where blocks come from.</param>
    /// <param name="limit">Tokens that the sequence may never exceed.</param>
    public BlockTable(BlockPool pool, int limit)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        (Pool, Limit) = (pool, limit);
        _blocks = new int[BlocksFor(limit)];
        _addresses = (float**)NativeMemory.Alloc((nuint)_blocks.Length, (nuint)sizeof(float*));
    }

    ~BlockTable() => NativeMemory.Free(_addresses);

    public BlockPool Pool { get; }

    /// <summary>Tokens that the sequence may never exceed.</summary>
    public int Limit { get; }

    /// <summary>Number of blocks held.</summary>
    public int Count { get; private set; }

    /// <summary>Tokens there is room for in the blocks held.</summary>
    public int Rows => Math.Min(Limit, Count * BlockPool.BlockRows);

    /// <summary>Tokens there is room for in the blocks held and all free ones.</summary>
    public int ReachableRows => (int)Math.Min(Limit, (Count + (long)Pool.Free) * BlockPool.BlockRows);

    /// <summary>The block at a place.</summary>
    public int this[int index] => index < Count ? _blocks[index] : throw new ArgumentOutOfRangeException(nameof(index));

    internal float** Addresses => _addresses;

    /// <summary>Blocks that <paramref name="rows"/> tokens fill or begin.</summary>
    public static int BlocksFor(int rows) => (int)(((long)rows + BlockPool.BlockRows - 1) / BlockPool.BlockRows);

    /// <summary>Makes room for so many tokens.</summary>
    /// <returns>False, and nothing is taken, when the pool has too few free blocks.</returns>
    /// <exception cref="ArgumentException">That is more than the limit.</exception>
    public bool TryReserve(long rows)
    {
        ObjectDisposedException.ThrowIf(_addresses == null, this);
        if (rows > Limit)
        {
            throw new ArgumentException($"A sequence of {rows} tokens exceeds the cache's limit of {Limit}.");
        }

        int more = BlocksFor((int)rows) - Count;
        if (more > Pool.Free)
        {
            return false;
        }

        for (; more > 0; more--)
        {
            Pool.TryTake(out int block);
            Add(block);
        }

        return true;
    }

    /// <summary>Adds a block of another sequence, whose tokens are the same so far.</summary>
    public void Attach(int block)
    {
        Pool.Hold(block);
        Add(block);
    }

    /// <summary>Adds a block with the first rows of another one: the two sequences part in it.</summary>
    /// <returns>False when no block is free.</returns>
    public bool TryCopy(int block, int rows)
    {
        Pool.Hold(block); // so that it is not the one taken
        bool taken = Pool.TryTake(out int copy);
        if (taken)
        {
            Pool.Copy(block, copy, rows);
            Add(copy);
        }

        Pool.Release(block);
        return taken;
    }

    /// <summary>Gives up an own block for another one with the same content.</summary>
    public void Replace(int index, int block)
    {
        int old = this[index];
        Pool.Hold(block);
        Pool.Release(old, isWorthless: true);
        Set(index, block);
    }

    /// <summary>Before a block is written beyond its first rows: if others hold it too, goes on with a copy.</summary>
    public void Own(int index, int rows)
    {
        int old = this[index];
        if (Pool.Holders(old) == 1)
        {
            return;
        }

        if (!Pool.TryTake(out int copy))
        {
            throw new InvalidOperationException("No block of the cache is free for a copy.");
        }

        Pool.Copy(old, copy, rows);
        Pool.Release(old);
        Set(index, copy);
    }

    /// <summary>Lets go of all blocks, the last first: so a prefix outlives what hangs on it.</summary>
    public void Clear()
    {
        while (Count > 0)
        {
            Pool.Release(_blocks[--Count]);
        }
    }

    public void Dispose()
    {
        if (_addresses != null)
        {
            Clear();
            NativeMemory.Free(_addresses);
            _addresses = null;
        }

        GC.SuppressFinalize(this);
    }

    private void Add(int block)
    {
        Count++;
        Set(Count - 1, block);
    }

    private void Set(int index, int block)
    {
        _blocks[index] = block;
        _addresses[index] = Pool.Address(block);
    }
}
