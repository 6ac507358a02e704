namespace Razum.Inference;

/// <summary>One token of an answer.</summary>
/// <param name="Id">The token.</param>
/// <param name="Logprob">Its log-probability as the trainer computes it, bit for bit; null when not asked for.</param>
/// <param name="Top">The most probable tokens at its place, best first, as many as asked for.</param>
public readonly record struct GeneratedToken(int Id, float? Logprob, IReadOnlyList<TokenLogprob> Top)
{
    /// <summary>The tokens that it was drawn from, ascending; null when not asked for, and when all tokens could be drawn.</summary>
    public int[]? Set { get; init; }
}
