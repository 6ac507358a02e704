namespace Razum.Text;

/// <summary>A rendered conversation and the spans of it (start, end in UTF-16 units) that the model is to learn.</summary>
public sealed record MaskedText(string Text, IReadOnlyList<(int Start, int End)> Spans)
{
    /// <summary>The ids of the text, and for each whether the model is to learn it: every token from the one that holds a span's first character to the one
    /// that holds its last.</summary>
    public (int[] Ids, bool[] Mask) Encode(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        (int[] ids, int[] offsets) = tokenizer.EncodeWithOffsets(Text);
        bool[] mask = new bool[ids.Length];
        foreach ((int start, int end) in Spans)
        {
            if (end <= start)
            {
                continue;
            }

            int first = Holding(offsets, Before(start)), last = Holding(offsets, Before(end) - 1);
            for (int i = first; i >= 0 && i <= (last < 0 ? ids.Length - 1 : last); i++)
            {
                mask[i] = true;
            }
        }

        return (ids, mask);
    }

    // The first token whose span holds a code point; -1 = none.
    private static int Holding(int[] offsets, int codePoint)
    {
        for (int i = 0; i < offsets.Length; i += 2)
        {
            if (offsets[i] <= codePoint && codePoint < offsets[i + 1])
            {
                return i / 2;
            }
        }

        return -1;
    }

    private int Before(int unit)
    {
        int pairs = 0;
        for (int i = 1; i < unit; i++)
        {
            pairs += char.IsLowSurrogate(Text[i]) && char.IsHighSurrogate(Text[i - 1]) ? 1 : 0;
        }

        return unit - pairs;
    }
}
