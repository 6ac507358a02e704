namespace Razum.Tensors;

/// <summary>How the score of a group of experts is made from theirs (the biased ones, where there is a bias).</summary>
public enum GroupScore
{
    /// <summary>The largest (DeepSeek-V2, group_limited_greedy).</summary>
    Max,

    /// <summary>The sum of the two largest (DeepSeek-V3, noaux_tc).</summary>
    TopTwoSum,
}
