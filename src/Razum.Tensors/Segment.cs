namespace Razum.Tensors;

/// <summary>
/// One sequence in a packed batch: query rows [Start, Start + Count). Without a cache its keys are rows [KeyStart, KeyStart + KeyCount) of the key
/// tensor, the last Count of which belong to the query rows; with a cache they are the rows stored before, then Count new ones.
/// </summary>
public readonly record struct Segment(int Start, int Count, int KeyStart, int KeyCount, KeyValueCache? Cache)
{
    /// <summary>A whole sequence at rows [start, start + count), nothing cached.</summary>
    public Segment(int start, int count)
        : this(start, count, start, count, null)
    {
    }

    /// <summary>Row of the first query among the keys, counted from the beginning of the cache: number of keys before it, if the cache's first row is 0.</summary>
    public int Past => Cache?.Length ?? (KeyCount - Count);
}
