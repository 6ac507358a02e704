namespace Razum.Text;

/// <summary>Reusable memory for merging long pieces: a linked list of symbols and a binary min-heap of (rank, position).</summary>
internal sealed class BytePairScratch
{
    private ulong[] _heap = [];
    private int _count;

    public int[] Next { get; private set; } = [];

    public int[] Previous { get; private set; } = [];

    /// <summary>Empties the heap and makes room for <paramref name="symbols"/>.</summary>
    public void Prepare(int symbols)
    {
        _count = 0;
        if (Next.Length < symbols)
        {
            Next = new int[symbols];
            Previous = new int[symbols];
            _heap = new ulong[symbols * 3L]; // every merge pushes at most two pairs and takes one symbol away
        }
    }

    public void Push(int rank, int position)
    {
        ulong item = ((ulong)(uint)rank << 32) | (uint)position;
        int i = _count++;
        while (i > 0 && _heap[(i - 1) / 2] > item)
        {
            _heap[i] = _heap[(i - 1) / 2];
            i = (i - 1) / 2;
        }

        _heap[i] = item;
    }

    /// <summary>Takes the lowest rank, leftmost among equals.</summary>
    public bool TryPop(out int rank, out int position)
    {
        if (_count == 0)
        {
            (rank, position) = (0, 0);
            return false;
        }

        (rank, position) = ((int)(_heap[0] >> 32), (int)(uint)_heap[0]);
        ulong item = _heap[--_count];
        int i = 0;
        for (int child = 1; child < _count; child = (2 * i) + 1)
        {
            child += child + 1 < _count && _heap[child + 1] < _heap[child] ? 1 : 0;
            if (_heap[child] >= item)
            {
                break;
            }

            _heap[i] = _heap[child];
            i = child;
        }

        _heap[i] = item;
        return true;
    }
}
