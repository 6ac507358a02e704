using System.Runtime.InteropServices;

namespace Razum.Text;

/// <summary>
/// Remembers the ids of short pieces: direct-mapped, entries are immutable and replaced whole, so threads may share it without locks. It changes speed only.
/// </summary>
internal sealed class PieceCache
{
    /// <summary>Pieces longer than this (UTF-16 units) are not kept.</summary>
    public const int MaxLength = 32;

    private const int Slots = 1 << 15;

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>The ids of a piece, or false.</summary>
    public bool TryGet(ReadOnlySpan<char> piece, out ReadOnlySpan<int> ids)
    {
        Entry? entry = _entries[Slot(piece)];
        if (entry is not null && piece.SequenceEqual(entry.Piece))
        {
            ids = entry.Ids;
            return true;
        }

        ids = [];
        return false;
    }

    public void Add(ReadOnlySpan<char> piece, ReadOnlySpan<int> ids) => Volatile.Write(ref _entries[Slot(piece)], new Entry(piece.ToArray(), ids.ToArray()));

    private static int Slot(ReadOnlySpan<char> piece)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(piece);
        ulong hash = (ulong)piece.Length;
        while (bytes.Length >= 8)
        {
            hash = (hash ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
            bytes = bytes[8..];
        }

        ulong rest = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            rest |= (ulong)bytes[i] << (8 * i);
        }

        hash = (hash ^ rest) * 0x9E3779B97F4A7C15;
        return (int)(hash >> (64 - 15));
    }

    private sealed record Entry(char[] Piece, int[] Ids);
}
