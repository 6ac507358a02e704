namespace Razum.Models;

/// <summary>Multi-head latent attention (DeepSeek-V2 and V3; architecture notes 1.2).</summary>
public sealed record MlaConfig : AttentionConfig
{
    /// <summary>Rank of the query's compression; null when queries are projected directly.</summary>
    public int? QLoraRank { get; init; }

    public required int KvLoraRank { get; init; }

    public required int QkNopeHeadDim { get; init; }

    public required int QkRopeHeadDim { get; init; }

    public required int VHeadDim { get; init; }
}
