namespace Razum.Inference;

/// <summary>Which part of an answer a text belongs to.</summary>
public enum ChunkKind
{
    /// <summary>What the model says to the user.</summary>
    Answer,

    /// <summary>What it thinks before that.</summary>
    Reasoning,

    /// <summary>Calls of tools.</summary>
    ToolCalls,
}
