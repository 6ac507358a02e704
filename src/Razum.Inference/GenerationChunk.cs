namespace Razum.Inference;

/// <summary>
/// A piece of an answer. Text comes in whole characters and never holds a stop string or the beginning of one; tokens whose text is still held back come
/// with a later piece. All texts of a kind joined are the whole text of that kind, and all tokens joined are the whole output, the ending token included.
/// </summary>
public sealed record GenerationChunk
{
    /// <summary>New text; may be empty.</summary>
    public string Text { get; init; } = "";

    public ChunkKind Kind { get; init; }

    /// <summary>New calls of tools; empty unless that is the <see cref="Kind"/>.</summary>
    public IReadOnlyList<ToolCallPart> ToolCalls { get; init; } = [];

    /// <summary>New tokens.</summary>
    public IReadOnlyList<GeneratedToken> Tokens { get; init; } = [];

    /// <summary>Set on the last piece alone.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>
    /// The experts that every token went to, of the prompt and of the answer but for its last token, which was never run; set on the last piece alone, and if
    /// asked for. [tokens, layers with experts * experts of a token]
    /// </summary>
    public ushort[]? Experts { get; init; }

    /// <summary>Set on the last piece alone.</summary>
    public Usage? Usage { get; init; }
}
