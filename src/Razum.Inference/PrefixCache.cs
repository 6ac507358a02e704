using System.Numerics;
using Razum.Tensors;

namespace Razum.Inference;

/// <summary>
/// Knows which tokens lie in which block of a <see cref="BlockPool"/>, so that requests with the same beginning share its keys and values: they have the
/// same bits. The blocks form a tree: a block hangs below the one with the tokens before it. Full blocks are found by the hash of their tokens and all
/// before; the tokens are compared as well, so a collision costs a hit, never mixes prompts. Every adapter has a root of its own, for its keys are others. A block in which a prompt parts from another is copied up to
/// there. Blocks that nobody holds stay known until the pool takes them again, the one unused longest first.
/// </summary>
/// <remarks>
/// A block is released before the one it hangs below and whoever holds a block holds those above it, so the pool always takes a leaf: no block is left
/// hanging below nothing. Nothing is allocated after construction.
/// </remarks>
internal sealed class PrefixCache
{
    private const int None = -1;
    private const int BlockRows = BlockPool.BlockRows;

    private readonly BlockPool _pool;
    private readonly bool _drafts;
    private readonly ulong _hashMask;
    private readonly int[] _tokens; // [blocks, BlockRows]
    private readonly int[] _known; // tokens known of a block; 0: it is not in the tree
    private readonly int[] _parent; // roots have numbers from _pool.Count
    private readonly int[] _firstChild;
    private readonly int[] _nextSibling;
    private readonly int[] _previousSibling;
    private readonly ulong[] _hash;
    private readonly int[] _bucket;
    private readonly int[] _nextInBucket;

    /// <param name="pool">The pool; it belongs to this cache alone.</param>
    /// <param name="drafts">
    /// Whether the blocks also have the rows of a layer of multi-token prediction. A row there needs the hidden state before its token, so a sequence that
    /// takes over n tokens runs the last of them again.
    /// </param>
    /// <param name="hashMask">Bits of hashes that count. Tests take few, so that hashes collide.</param>
    /// <param name="adapters">How many adapters of the model have names.</param>
    public PrefixCache(BlockPool pool, bool drafts = false, ulong hashMask = ulong.MaxValue, int adapters = 0)
    {
        (_pool, _drafts, _hashMask) = (pool, drafts, hashMask);
        _tokens = new int[checked(pool.Count * BlockRows)];
        _known = new int[pool.Count];
        _parent = new int[pool.Count];
        _firstChild = new int[pool.Count + 1 + Math.Max(adapters, 1)];
        _nextSibling = new int[pool.Count];
        _previousSibling = new int[pool.Count];
        _hash = new ulong[pool.Count];
        _bucket = new int[pool.Count];
        _nextInBucket = new int[pool.Count];
        Forget();
        pool.Reused = Remove;
    }

    /// <summary>Forgets everything: the weights have changed. Sequences in work go on with what they hold, but nobody else gets it.</summary>
    public void Forget()
    {
        _known.AsSpan().Clear();
        _firstChild.AsSpan().Fill(None);
        _bucket.AsSpan().Fill(None);
    }

    /// <summary>
    /// Gives an empty cache the longest known beginning of <paramref name="tokens"/>, the last token excepted: running it gives the logits. The block in which
    /// the sequence goes on is its own.
    /// </summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="cache">Holds nothing yet.</param>
    /// <param name="adapter">Number of the adapter that the tokens are run with; below 0 for none.</param>
    /// <returns>How many tokens it holds now.</returns>
    public int Attach(ReadOnlySpan<int> tokens, KeyValueCache cache, int adapter = 0)
    {
        ReadOnlySpan<int> wanted = Shareable(tokens);
        int parent = Root(adapter);
        while (wanted.Length >= BlockRows && Find(parent, wanted[..BlockRows]) is var block && block != None)
        {
            if (_drafts && Nearest(block, wanted[BlockRows..]).Common == 0)
            {
                break; // the last token to be run again lies in this block
            }

            cache.Table.Attach(block);
            cache.Advance(BlockRows);
            parent = block;
            wanted = wanted[BlockRows..];
        }

        (int last, int rows) = Nearest(parent, wanted);
        if (rows > 0 && cache.Table.TryCopy(last, rows))
        {
            (int from, int kept) = (cache.Length, _drafts ? rows - 1 : rows);
            cache.Advance(kept);
            Record(tokens, cache.Table, from, from + kept, adapter);
        }
        else if (_drafts)
        {
            cache.Truncate(0); // no block free for the copy
            cache.Table.Clear();
        }

        return cache.Length;
    }

    /// <summary>Tokens of the longest known beginning.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="held">Of it, full blocks that somebody holds: sharing them takes no memory.</param>
    /// <param name="adapter">Number of the adapter that the tokens are run with; below 0 for none.</param>
    public int Measure(ReadOnlySpan<int> tokens, out int held, int adapter = 0)
    {
        ReadOnlySpan<int> wanted = Shareable(tokens);
        int parent = Root(adapter);
        held = 0;
        while (wanted.Length >= BlockRows && Find(parent, wanted[..BlockRows]) is var block && block != None)
        {
            held += _pool.Holders(block) > 0 ? 1 : 0;
            parent = block;
            wanted = wanted[BlockRows..];
        }

        int known = Shareable(tokens).Length - wanted.Length + Nearest(parent, wanted).Common;
        return _drafts ? Math.Max(known - 1, 0) : known;
    }

    /// <summary>Takes note that rows [from, to) of <paramref name="tokens"/> are computed and lie in <paramref name="table"/>.</summary>
    public void Record(ReadOnlySpan<int> tokens, BlockTable table, int from, int to, int adapter = 0)
    {
        for (int row = from; row < to;)
        {
            int index = row / BlockRows, first = index * BlockRows, end = Math.Min(to, first + BlockRows);
            int block = table[index], parent = index == 0 ? Root(adapter) : table[index - 1];
            bool hangs = index == 0 || _known[parent] == BlockRows;
            if (hangs && _known[block] == row - first) // else the beginning has been forgotten
            {
                Extend(block, parent, tokens[row..end]);
                if (_known[block] == BlockRows)
                {
                    Complete(block, parent, table, index);
                }
            }

            row = end;
        }
    }

    /// <summary>What the first blocks hang below.</summary>
    private int Root(int adapter) => _pool.Count + Math.Max(adapter, -1) + 1;

    /// <summary>The tokens that may be taken over; the last one has to be run.</summary>
    private ReadOnlySpan<int> Shareable(ReadOnlySpan<int> tokens) => _drafts ? tokens : tokens[..^1];

    private Span<int> Tokens(int block) => _tokens.AsSpan(block * BlockRows, BlockRows);

    private void Extend(int block, int parent, ReadOnlySpan<int> tokens)
    {
        if (_known[block] == 0)
        {
            int next = _firstChild[parent];
            (_parent[block], _previousSibling[block], _nextSibling[block]) = (parent, None, next);
            _firstChild[parent] = block;
            _firstChild[block] = None;
            if (next != None)
            {
                _previousSibling[next] = block;
            }
        }

        tokens.CopyTo(Tokens(block)[_known[block]..]);
        _known[block] += tokens.Length;
    }

    /// <summary>A block is full: from now on it is found by its hash; if there is one like it already, the sequence takes that one instead.</summary>
    private void Complete(int block, int parent, BlockTable table, int index)
    {
        if (Find(parent, Tokens(block)) is var same && same != None)
        {
            Unlink(block);
            table.Replace(index, same);
            return;
        }

        _hash[block] = Hash(parent, Tokens(block));
        ref int bucket = ref _bucket[(int)(_hash[block] % (uint)_bucket.Length)];
        (_nextInBucket[block], bucket) = (bucket, block);
    }

    /// <summary>The full block below <paramref name="parent"/> with these tokens.</summary>
    private int Find(int parent, ReadOnlySpan<int> tokens)
    {
        ulong hash = Hash(parent, tokens);
        int block = _bucket[(int)(hash % (uint)_bucket.Length)];
        while (block != None && !(_hash[block] == hash && _parent[block] == parent && Tokens(block).SequenceEqual(tokens)))
        {
            block = _nextInBucket[block];
        }

        return block;
    }

    /// <summary>The block below <paramref name="parent"/> that has most tokens in common with <paramref name="tokens"/>.</summary>
    private (int Block, int Common) Nearest(int parent, ReadOnlySpan<int> tokens)
    {
        (int nearest, int longest) = (None, 0);
        for (int block = tokens.IsEmpty ? None : _firstChild[parent]; block != None; block = _nextSibling[block])
        {
            int common = Tokens(block)[.._known[block]].CommonPrefixLength(tokens);
            (nearest, longest) = common > longest ? (block, common) : (nearest, longest);
        }

        return (nearest, longest);
    }

    private ulong Hash(int parent, ReadOnlySpan<int> tokens)
    {
        ulong hash = parent < _pool.Count ? _hash[parent] : (ulong)(parent - _pool.Count);
        foreach (int token in tokens)
        {
            hash = (BitOperations.RotateLeft(hash, 7) ^ (uint)token) * 0x9E3779B97F4A7C15;
        }

        return (hash ^ (hash >> 32)) & _hashMask;
    }

    /// <summary>The pool takes a block anew.</summary>
    private void Remove(int block)
    {
        if (_known[block] == BlockRows)
        {
            ref int place = ref _bucket[(int)(_hash[block] % (uint)_bucket.Length)];
            while (place != block)
            {
                place = ref _nextInBucket[place];
            }

            place = _nextInBucket[block];
        }

        if (_known[block] > 0)
        {
            Unlink(block);
        }
    }

    private void Unlink(int block)
    {
        (int before, int after) = (_previousSibling[block], _nextSibling[block]);
        (before == None ? ref _firstChild[_parent[block]] : ref _nextSibling[before]) = after;
        if (after != None)
        {
            _previousSibling[after] = before;
        }

        _known[block] = 0;
    }
}
