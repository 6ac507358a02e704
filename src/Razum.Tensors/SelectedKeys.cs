namespace Razum.Tensors;

/// <summary>
/// The keys that every row of sparse attention attends to: ids in ascending order, counted from the first key of the row's sequence; -1 after the last.
/// </summary>
internal readonly unsafe struct SelectedKeys(int* ids, int rows, int width)
{
    /// <summary>Ids of a row, -1 included.</summary>
    public int Width => width;

    /// <summary>Room for the choice of rows that see at most as many keys as the longest of the segments has.</summary>
    public static SelectedKeys Allocate(Arena arena, int rows, ReadOnlySpan<Segment> segments, IndexShape index)
    {
        int longest = 0;
        foreach (Segment segment in segments)
        {
            longest = Math.Max(longest, segment.Past - (segment.Cache?.First ?? 0) + segment.Count);
        }

        int width = Math.Min(index.TopK, longest);
        return new SelectedKeys(arena.AllocateInts((long)rows * width), rows, width);
    }

    public int* Row(int row) => ids + ((long)row * width);

    /// <summary>The ids as numbers, to be shown. [T, Width]</summary>
    public Tensor ToTensor(Arena arena)
    {
        Tensor values = arena.Allocate(rows, width);
        for (long i = 0; i < (long)rows * width; i++)
        {
            values.Data[i] = ids[i];
        }

        return values;
    }
}
