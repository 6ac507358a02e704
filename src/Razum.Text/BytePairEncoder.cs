namespace Razum.Text;

/// <summary>
/// BPE of one piece: its bytes (or its characters, as SentencePiece does) become tokens, then the pair of lowest rank (leftmost among equals) merges until none can. Short pieces scan for
/// the best pair; long ones keep a heap over a linked list, so a piece of n bytes costs O(n log n) whatever it holds. A byte without a token is dropped.
/// </summary>
internal sealed class BytePairEncoder
{
    private const int ScanLimit = 40; // above this many symbols the heap is faster

    private readonly TokenTable _tokens;
    private readonly MergeTable _merges;
    private readonly bool _ignoreMerges;
    private readonly int[] _byteIds = new int[256];

    /// <param name="tokens">The vocabulary.</param>
    /// <param name="merges">The merges in order.</param>
    /// <param name="ignoreMerges">A piece that is a token is that token, whatever the merges say.</param>
    /// <param name="characters">The symbols of characters; null for byte-level BPE.</param>
    public BytePairEncoder(TokenTable tokens, MergeTable merges, bool ignoreMerges, CharacterSymbols? characters = null)
    {
        (_tokens, _merges, _ignoreMerges, Characters) = (tokens, merges, ignoreMerges, characters);
        for (int b = 0; b < 256; b++)
        {
            _byteIds[b] = tokens.IdOf([(byte)b]);
        }
    }

    /// <summary>The symbols of characters; null for byte-level BPE.</summary>
    public CharacterSymbols? Characters { get; }

    /// <summary>Has this byte a token?</summary>
    public bool Knows(byte value) => _byteIds[value] >= 0;

    /// <summary>Encodes one piece into <paramref name="ids"/> (at least as long as the piece) and returns how many there are.</summary>
    public int Encode(ReadOnlySpan<byte> piece, Span<int> ids, BytePairScratch scratch)
    {
        if (_ignoreMerges && _tokens.IdOf(piece) is int whole and >= 0)
        {
            ids[0] = whole;
            return 1;
        }

        int count = 0;
        foreach (byte b in piece)
        {
            if (_byteIds[b] >= 0)
            {
                ids[count++] = _byteIds[b];
            }
        }

        return Merge(ids[..count], scratch);
    }

    /// <summary>The same for one piece of characters; <paramref name="ids"/> holds three for each UTF-16 unit.</summary>
    public int Encode(ReadOnlySpan<char> piece, Span<int> ids, BytePairScratch scratch)
    {
        if (_ignoreMerges && _tokens.IdOf(piece) is int whole and >= 0)
        {
            ids[0] = whole;
            return 1;
        }

        int count = 0;
        bool unknown = false;
        for (int i = 0; i < piece.Length;)
        {
            unknown = Characters!.Add(Splitting.CharClass.CodePointAt(piece, i, out int length), ids, ref count, unknown);
            i += length;
        }

        return Merge(ids[..count], scratch);
    }

    private int Merge(Span<int> ids, BytePairScratch scratch) =>
        ids.Length <= 1 ? ids.Length : ids.Length <= ScanLimit ? MergeByScan(ids) : MergeByHeap(ids, scratch);

    private int MergeByScan(Span<int> ids)
    {
        Span<int> ranks = stackalloc int[ScanLimit];   // ranks[i] of the pair (ids[i], ids[i + 1])
        Span<int> results = stackalloc int[ScanLimit];
        int count = ids.Length;
        for (int i = 0; i + 1 < count; i++)
        {
            ranks[i] = _merges.Rank(ids[i], ids[i + 1], out results[i]);
        }

        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i < count - 1; i++)
            {
                best = ranks[i] < ranks[best] ? i : best;
            }

            if (ranks[best] == MergeTable.NoRank)
            {
                break;
            }

            ids[best] = results[best];
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            ranks[(best + 1)..(count - 1)].CopyTo(ranks[best..]);
            results[(best + 1)..(count - 1)].CopyTo(results[best..]);
            count--;
            if (best > 0)
            {
                ranks[best - 1] = _merges.Rank(ids[best - 1], ids[best], out results[best - 1]);
            }

            if (best + 1 < count)
            {
                ranks[best] = _merges.Rank(ids[best], ids[best + 1], out results[best]);
            }
        }

        return count;
    }

    private int MergeByHeap(Span<int> ids, BytePairScratch scratch)
    {
        int count = ids.Length;
        scratch.Prepare(count);
        int[] next = scratch.Next, previous = scratch.Previous;
        for (int i = 0; i < count; i++)
        {
            (next[i], previous[i]) = (i + 1, i - 1);
            if (i + 1 < count)
            {
                Offer(ids, i, i + 1, scratch);
            }
        }

        while (scratch.TryPop(out int rank, out int left))
        {
            // Stale entries: the symbol is gone (next < 0) or its pair has another rank now.
            int right = next[left];
            if (right < 0 || right >= count || _merges.Rank(ids[left], ids[right], out int merged) != rank)
            {
                continue;
            }

            ids[left] = merged;
            next[left] = next[right];
            next[right] = -1;
            if (next[left] < count)
            {
                previous[next[left]] = left;
                Offer(ids, left, next[left], scratch);
            }

            if (previous[left] >= 0)
            {
                Offer(ids, previous[left], left, scratch);
            }
        }

        int written = 0;
        for (int i = 0; i < count; i = next[i])
        {
            ids[written++] = ids[i];
        }

        return written;
    }

    private void Offer(ReadOnlySpan<int> ids, int left, int right, BytePairScratch scratch)
    {
        int rank = _merges.Rank(ids[left], ids[right], out _);
        if (rank != MergeTable.NoRank)
        {
            scratch.Push(rank, left);
        }
    }
}
