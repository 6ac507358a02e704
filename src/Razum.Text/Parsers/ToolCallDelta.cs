namespace Razum.Text.Parsers;

/// <summary>What has become certain: a part of the reasoning, a part of the answer, complete calls of tools.</summary>
public readonly record struct ToolCallDelta(string Reasoning, string Content, IReadOnlyList<ToolCall> ToolCalls)
{
    /// <summary>Nothing has become certain.</summary>
    public bool IsEmpty => Reasoning.Length == 0 && Content.Length == 0 && ToolCalls.Count == 0;
}
