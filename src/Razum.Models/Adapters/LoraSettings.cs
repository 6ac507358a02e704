namespace Razum.Models.Adapters;

/// <summary>Which layers of a model get new adapters, and of what size.</summary>
public sealed record LoraSettings
{
    /// <summary>r: rows of A, columns of B.</summary>
    public required int Rank { get; init; }

    /// <summary>Strength: what an adapter adds is multiplied by <see cref="Scale"/>.</summary>
    public required double Alpha { get; init; }

    /// <summary>Names of linear layers, or their last parts: <c>q_proj</c> means that layer of every block.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>Whether the scale is alpha / sqrt(r) (rsLoRA, arXiv 2312.03732) and not alpha / r.</summary>
    public bool RankStabilised { get; init; }

    /// <summary>The factor of B A.</summary>
    public float Scale => ScaleOf(Alpha, Rank, RankStabilised);

    internal static float ScaleOf(double alpha, int rank, bool rankStabilised) => (float)(alpha / (rankStabilised ? Math.Sqrt(rank) : rank));
}
