namespace Razum.Training.Optimizers;

/// <summary>Constants of <see cref="AdamW"/>; the defaults are DeepSeek-V3's (section 4.2). The learning rate is given with every update.</summary>
public sealed record AdamWSettings
{
    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.95;

    public double Eps { get; init; } = 1e-8;

    /// <summary>Decoupled decay, on matrices only.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Whether a step is divided by the largest second moment so far, not the present one (AMSGrad, arXiv 1904.09237).</summary>
    public bool AmsGrad { get; init; }

    /// <summary>Largest global norm of a gradient; infinity turns clipping off.</summary>
    public double ClipNorm { get; init; } = 1.0;
}
