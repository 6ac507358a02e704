namespace Razum.Models;

/// <summary>Multi-head latent attention (DeepSeek-V2, V3 and V3.2; architecture notes 1.2).</summary>
public sealed record MlaConfig : AttentionConfig
{
    /// <summary>Rank of the query's compression; null when queries are projected directly.</summary>
    public int? QLoraRank { get; init; }

    public required int KvLoraRank { get; init; }

    public required int QkNopeHeadDim { get; init; }

    public required int QkRopeHeadDim { get; init; }

    public required int VHeadDim { get; init; }

    /// <summary>What chooses the keys that a token attends to (DeepSeek-V3.2); null when it attends to all.</summary>
    public IndexerConfig? Indexer { get; init; }

    /// <summary>Columns cached of a token and layer: latent, rotated shared key, and the indexer's key if there is one.</summary>
    public int CachedColumns => KvLoraRank + QkRopeHeadDim + (Indexer?.IndexHeadDim ?? 0);
}
