using Razum.Models;

namespace Razum.Training.Loop;

/// <summary>How wide the attention of a configuration is.</summary>
internal static class AttentionColumns
{
    /// <summary>Columns of the keys and values of all query heads together: operations per pair of query and key, halved.</summary>
    public static double NumAttentionColumns(this ModelConfig config) => config.Attention switch
    {
        MlaConfig mla => mla.NumAttentionHeads * (mla.QkNopeHeadDim + mla.QkRopeHeadDim + mla.VHeadDim),
        GqaConfig gqa => gqa.NumAttentionHeads * 2.0 * gqa.HeadDim,
        _ => 0,
    };
}
