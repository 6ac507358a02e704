namespace Razum.Text.Parsers;

/// <summary>Text that has become certain: a part of the reasoning, then a part of the answer; either may be empty.</summary>
public readonly record struct ReasoningDelta(string Reasoning, string Content)
{
    /// <summary>Nothing has become certain.</summary>
    public bool IsEmpty => Reasoning.Length == 0 && Content.Length == 0;
}
