using Razum.Training.Data.Files;

namespace Razum.Training.Runs;

/// <summary>What a stage learns from.</summary>
public sealed record DataConfig
{
    /// <summary>
    /// <c>text</c>: files as one stream; <c>examples</c>: conversations made by a named source; <c>jsonl</c>, <c>parquet</c>: conversations from files;
    /// <c>mixture</c>: conversations of several such parts.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>Files of text or of conversations (<c>{"messages": [{"role", "content", "reasoning_content"}]}</c>, one per line).</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Which columns of the files are the conversation.</summary>
    public ConversationColumns Columns { get; init; } = new();

    /// <summary>The parts of a mixture, and how often a conversation comes from each, relative to the others.</summary>
    public IReadOnlyList<(DataConfig Data, double Weight)> Parts { get; init; } = [];

    /// <summary>Name of the source of examples.</summary>
    public string Source { get; init; } = "";

    /// <summary>Families of examples and how often each is drawn; empty means the source's own mixture.</summary>
    public IReadOnlyDictionary<string, double> Families { get; init; } = new Dictionary<string, double>();

    /// <summary>Share of examples with thinking, the others answer at once; null for the source's own.</summary>
    public double? Worked { get; init; }

    /// <summary>Level of difficulty of the examples; null for whole distributions.</summary>
    public int? Level { get; init; }

    /// <summary>Whether all tokens of a conversation are learned, or only the last answer.</summary>
    public bool LearnsPrompts { get; init; }

    /// <summary>Share of files that is never trained on but evaluated.</summary>
    public double HeldOut { get; init; }
}
