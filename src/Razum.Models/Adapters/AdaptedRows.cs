namespace Razum.Models.Adapters;

/// <summary>
/// Which rows of a packed tensor each adapter of the model is for; rows may belong to none. Reusable: <see cref="Clear"/> keeps the buffers.
/// </summary>
public sealed class AdaptedRows
{
    private int[][] _rows = [];
    private int[] _counts = [];

    /// <summary>All rows, those of no adapter included.</summary>
    public int Total { get; private set; }

    /// <summary>The rows of an adapter, ascending.</summary>
    public ReadOnlySpan<int> this[int adapter] => adapter < _rows.Length ? _rows[adapter].AsSpan(0, _counts[adapter]) : default;

    /// <summary>Adds the next <paramref name="count"/> rows.</summary>
    /// <param name="adapter">Whose they are; below 0 for nobody's.</param>
    /// <param name="count">How many.</param>
    public void Add(int adapter, int count)
    {
        int first = Total;
        Total += count;
        if (adapter < 0)
        {
            return;
        }

        if (adapter >= _rows.Length)
        {
            int known = _rows.Length;
            Array.Resize(ref _rows, adapter + 1);
            Array.Resize(ref _counts, adapter + 1);
            _rows.AsSpan(known).Fill([]);
        }

        ref int[] rows = ref _rows[adapter];
        ref int used = ref _counts[adapter];
        if (used + count > rows.Length)
        {
            Array.Resize(ref rows, Math.Max(2 * rows.Length, used + count));
        }

        for (int i = 0; i < count; i++)
        {
            rows[used++] = first + i;
        }
    }

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Total = 0;
    }
}
