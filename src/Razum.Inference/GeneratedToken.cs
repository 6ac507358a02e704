namespace Razum.Inference;

/// <summary>One token of an answer.</summary>
/// <param name="Id">The token.</param>
/// <param name="Logprob">Its log-probability as the trainer computes it, bit for bit; null when not asked for.</param>
/// <param name="Top">The most probable tokens at its place, best first, as many as asked for.</param>
public readonly record struct GeneratedToken(int Id, float? Logprob, IReadOnlyList<TokenLogprob> Top);
