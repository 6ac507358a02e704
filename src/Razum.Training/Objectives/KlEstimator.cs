namespace Razum.Training.Objectives;

/// <summary>Estimators of KL(pi || pi_ref) from one sampled token; with r = log pi_ref - log pi (http://joschu.net/blog/kl-approx.html).</summary>
public enum KlEstimator
{
    None,

    /// <summary>-r</summary>
    K1,

    /// <summary>r^2 / 2</summary>
    K2,

    /// <summary>exp(r) - r - 1, never negative: GRPO.</summary>
    K3,

    /// <summary>k3 * pi / pi_old, with the gradient through the ratio too (DeepSeek-V3.2, arXiv 2512.02556).</summary>
    K3Unbiased,
}
