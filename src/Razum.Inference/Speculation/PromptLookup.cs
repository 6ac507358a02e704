namespace Razum.Inference.Speculation;

/// <summary>
/// Drafts what followed the last tokens of the sequence where they stood before, the latest place first (prompt lookup decoding, Saxena 2023): right where
/// an answer repeats its prompt or itself, and costs nothing. As a distribution it is a point mass.
/// </summary>
internal sealed class PromptLookup : Drafter
{
    private const int LongestMatch = 4;
    private const int ShortestMatch = 2;

    public override void Draft(ReadOnlySpan<PlannedRows> plan)
    {
        foreach (PlannedRows rows in plan)
        {
            if (rows.Sequence is { WantsDrafts: true, Speculation: SpeculationKind.PromptLookup } sequence)
            {
                foreach (int token in Find(sequence.Tokens, sequence.DraftRoom))
                {
                    sequence.AddDraft(token).SetPoint(token);
                }
            }
        }
    }

    /// <summary>Up to <paramref name="most"/> tokens that followed the longest match.</summary>
    internal static ReadOnlySpan<int> Find(ReadOnlySpan<int> tokens, int most)
    {
        for (int length = Math.Min(LongestMatch, tokens.Length - 1); length >= ShortestMatch; length--)
        {
            int place = tokens[..^1].LastIndexOf(tokens[^length..]);
            if (place >= 0)
            {
                int next = place + length;
                return tokens.Slice(next, Math.Min(most, tokens.Length - next));
            }
        }

        return [];
    }
}
