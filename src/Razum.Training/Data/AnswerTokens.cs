namespace Razum.Training.Data;

/// <summary>A prompt and the answer after it as tokens.</summary>
/// <param name="Tokens">Both.</param>
/// <param name="PromptLength">Tokens of the prompt, at least one.</param>
internal readonly record struct AnswerTokens(int[] Tokens, int PromptLength)
{
    /// <summary>Tokens of the answer.</summary>
    public int Length => Tokens.Length - PromptLength;
}
