namespace Razum.Text;

/// <summary>One message of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">Its text.</param>
/// <param name="ReasoningContent">The thinking before an assistant's answer, if it is known.</param>
public sealed record ChatMessage(string Role, string Content, string? ReasoningContent = null);
