namespace Razum.Models;

/// <summary>The indexer of sparse attention (DeepSeek-V3.2, arXiv 2512.02556 section 2.1).</summary>
public sealed record IndexerConfig
{
    /// <summary>Columns of its key and of each of its query heads.</summary>
    public required int IndexHeadDim { get; init; }

    public required int IndexNHeads { get; init; }

    /// <summary>Keys that a token attends to at most.</summary>
    public required int IndexTopk { get; init; }
}
