namespace Razum.Text.Splitting;

/// <summary>A set of code points to test texts with: one bit per code point below 0x10000, ranges above. A lone surrogate counts as U+FFFD.</summary>
internal sealed class CodePointSet
{
    private readonly ulong[] _low; // up to the highest member
    private readonly int[] _highFirsts;
    private readonly int[] _highLasts;

    /// <param name="ranges">Sorted, without overlaps.</param>
    public CodePointSet(IReadOnlyList<(int First, int Last)> ranges)
    {
        int highest = ranges.Where(r => r.First <= 0xFFFF).Select(r => Math.Min(r.Last, 0xFFFF)).DefaultIfEmpty(0).Max();
        _low = new ulong[(highest >> 6) + 1];
        foreach ((int first, int last) in ranges)
        {
            for (int c = first; c <= Math.Min(last, 0xFFFF); c++)
            {
                _low[c >> 6] |= 1UL << (c & 63);
            }
        }

        (int First, int Last)[] high = [.. ranges.Where(r => r.Last > 0xFFFF)];
        _highFirsts = [.. high.Select(r => r.First)];
        _highLasts = [.. high.Select(r => r.Last)];
    }

    public bool Contains(int codePoint)
    {
        if (codePoint <= 0xFFFF)
        {
            return codePoint >> 6 < _low.Length && (_low[codePoint >> 6] >> (codePoint & 63) & 1) != 0;
        }

        int at = Array.BinarySearch(_highFirsts, codePoint);
        at = at >= 0 ? at : ~at - 1;
        return at >= 0 && codePoint <= _highLasts[at];
    }

    /// <summary>The UTF-16 units of a member at <paramref name="index"/>; 0 if there is none.</summary>
    public int Match(ReadOnlySpan<char> text, int index)
    {
        if ((uint)index >= (uint)text.Length)
        {
            return 0;
        }

        char c = text[index];
        return !char.IsSurrogate(c) ? c >> 6 < _low.Length ? (int)(_low[c >> 6] >> (c & 63) & 1) : 0
            : Contains(CharClass.CodePointAt(text, index, out int length)) ? length : 0;
    }
}
