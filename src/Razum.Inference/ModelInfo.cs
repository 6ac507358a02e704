namespace Razum.Inference;

/// <summary>What a caller has to know of the model behind an engine.</summary>
/// <param name="Name">Its name, for messages and replies.</param>
/// <param name="VocabSize">Tokens have ids below this.</param>
/// <param name="ContextLength">The most tokens of prompt and answer together.</param>
/// <param name="EndTokens">Tokens with which it ends an answer.</param>
public sealed record ModelInfo(string Name, int VocabSize, int ContextLength, IReadOnlyList<int> EndTokens);
