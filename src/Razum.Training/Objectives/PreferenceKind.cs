namespace Razum.Training.Objectives;

/// <summary>Forms of direct preference optimisation; z = beta (log-ratio of the chosen - log-ratio of the rejected answer), e the smoothing.</summary>
public enum PreferenceKind
{
    /// <summary>-log sigmoid(z): DPO (arXiv 2305.18290).</summary>
    Sigmoid,

    /// <summary>max(0, 1 - z): SLiC (arXiv 2309.06657).</summary>
    Hinge,

    /// <summary>(d - 1 / (2 beta))^2, d the difference of the log-ratios averaged over tokens: IPO (arXiv 2310.12036).</summary>
    Ipo,

    /// <summary>-(1 - e) log sigmoid(z) - e log sigmoid(-z): labels may be wrong (conservative DPO).</summary>
    Conservative,

    /// <summary>(-(1 - e) log sigmoid(z) + e log sigmoid(-z)) / (1 - 2 e): the same without bias (arXiv 2403.00409).</summary>
    Robust,

    /// <summary>-log sigmoid(beta d), d as in IPO: long answers weigh no more than short ones (arXiv 2411.15124).</summary>
    SigmoidNorm,
}
