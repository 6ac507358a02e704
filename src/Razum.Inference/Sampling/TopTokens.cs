namespace Razum.Inference.Sampling;

/// <summary>The most probable tokens of a row for reporting: descending logit, equal ones by ascending id.</summary>
internal static class TopTokens
{
    /// <summary>Fills <paramref name="ids"/> with the tokens of the largest logits; there are at least that many.</summary>
    public static void Find(ReadOnlySpan<float> logits, Span<int> ids)
    {
        int count = 0;
        for (int token = 0; token < logits.Length && ids.Length > 0; token++)
        {
            if (count == ids.Length && !(logits[token] > logits[ids[^1]]))
            {
                continue;
            }

            int place = count < ids.Length ? count++ : count - 1;
            for (; place > 0 && logits[token] > logits[ids[place - 1]]; place--)
            {
                ids[place] = ids[place - 1];
            }

            ids[place] = token;
        }
    }
}
