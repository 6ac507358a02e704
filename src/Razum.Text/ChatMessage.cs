namespace Razum.Text;

/// <summary>One message of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>.</param>
/// <param name="Content">Its text.</param>
/// <param name="ReasoningContent">The thinking before an assistant's answer, if it is known.</param>
public sealed record ChatMessage(string Role, string Content, string? ReasoningContent = null)
{
    /// <summary>Tools the assistant calls. The built-in formats have no way to write them.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>Of a tool's answer: the id of the call.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>Of a tool's answer: the tool's name.</summary>
    public string? Name { get; init; }
}
