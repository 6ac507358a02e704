namespace Razum.Inference;

/// <summary>Tokens of a finished request.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CompletionTokens">Tokens generated, the one that ended the answer included.</param>
public sealed record Usage(int PromptTokens, int CompletionTokens)
{
    /// <summary>Tokens of the prompt that were not computed, because another request with the same beginning had computed them.</summary>
    public int CachedPromptTokens { get; init; }

    /// <summary>Guesses at tokens that the model has checked.</summary>
    public int DraftedTokens { get; init; }

    /// <summary>Those of them that were right: tokens that took no step of their own.</summary>
    public int AcceptedTokens { get; init; }
}
