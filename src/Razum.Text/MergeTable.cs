namespace Razum.Text;

/// <summary>
/// The merges of a BPE model: pair of ids to rank (its line: a token may have several merges) and merged id. Open addressing, at most half full.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int NoRank = int.MaxValue;

    private readonly Entry[] _entries;
    private readonly int _shift;

    /// <param name="merges">The merges in order.</param>
    public MergeTable(IReadOnlyList<(int Left, int Right, int Merged)> merges)
        : this([.. merges.Select((merge, rank) => (merge.Left, merge.Right, merge.Merged, rank))])
    {
    }

    /// <param name="merges">The merges with their ranks; several may share one.</param>
    public MergeTable(IReadOnlyList<(int Left, int Right, int Merged, int Rank)> merges)
    {
        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(merges.Count * 2, 16));
        _shift = 64 - System.Numerics.BitOperations.Log2((uint)size);
        _entries = new Entry[size];
        foreach ((int left, int right, int merged, int rank) in merges)
        {
            ref Entry entry = ref Find(Key(left, right));
            entry = new Entry { KeyPlusOne = Key(left, right) + 1, Rank = rank, Merged = merged };
        }
    }

    /// <summary>The rank of a pair and what it becomes; <see cref="NoRank"/> if it does not merge.</summary>
    public int Rank(int left, int right, out int merged)
    {
        ref Entry entry = ref Find(Key(left, right));
        merged = entry.Merged;
        return entry.KeyPlusOne == 0 ? NoRank : entry.Rank;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private ref Entry Find(ulong key)
    {
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> _shift);
        while (_entries[slot].KeyPlusOne != 0 && _entries[slot].KeyPlusOne != key + 1)
        {
            slot = (slot + 1) & (_entries.Length - 1);
        }

        return ref _entries[slot];
    }

    private struct Entry
    {
        public ulong KeyPlusOne;
        public int Rank;
        public int Merged;
    }
}
