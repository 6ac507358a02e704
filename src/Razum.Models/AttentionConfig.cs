namespace Razum.Models;

/// <summary>The attention of a model: grouped-query or latent.</summary>
public abstract record AttentionConfig
{
    public required int NumAttentionHeads { get; init; }
}
