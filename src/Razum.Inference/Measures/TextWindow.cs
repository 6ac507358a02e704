namespace Razum.Inference.Measures;

/// <summary>A stretch of a text that a model reads at once, and the first of its tokens that is scored (by the row before it). Valid until the next one.</summary>
/// <param name="Tokens">At most as many as the model's context.</param>
/// <param name="From">At least 1: nothing predicts the first token.</param>
internal readonly record struct TextWindow(ReadOnlyMemory<int> Tokens, int From)
{
    /// <summary>
    /// Chunks of equal length, scored from behind the middle: of N tokens the targets N/2 + 1 to N - 1, so that each has at least N/2 tokens before it. With
    /// <paramref name="bos"/> every chunk begins with it, in place of its first token. What is left at the end is not read. As llama.cpp's perplexity does.
    /// </summary>
    public static IEnumerable<TextWindow> Chunks(IEnumerable<int> ids, int length, int? bos)
    {
        int[] window = new int[length];
        int count = 0;
        foreach (int id in ids)
        {
            window[count++] = id;
            if (count == length)
            {
                window[0] = bos ?? window[0];
                yield return new TextWindow(window, (length / 2) + 1);
                count = 0;
            }
        }
    }

    /// <summary>
    /// Windows that begin every <paramref name="stride"/> tokens, each scored where the one before it ended: every token but the first is scored once, with at
    /// least length - stride tokens before it where there are so many. As in Hugging Face's "Perplexity of fixed-length models".
    /// </summary>
    public static IEnumerable<TextWindow> Sliding(IEnumerable<int> ids, int length, int stride)
    {
        int[] window = new int[length];
        (int count, int from) = (0, 1);
        foreach (int id in ids)
        {
            if (count == length)
            {
                yield return new TextWindow(window, from);
                window.AsSpan(stride).CopyTo(window);
                count -= stride;
                from = count;
            }

            window[count++] = id;
        }

        if (count > from)
        {
            yield return new TextWindow(window.AsMemory(0, count), from);
        }
    }
}
