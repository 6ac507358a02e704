namespace Razum.Training.Optimizers;

/// <summary>Constants of <see cref="NAdam"/>; the defaults are the paper's. The learning rate is given with every update.</summary>
public sealed record NAdamSettings
{
    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.999;

    public double Eps { get; init; } = 1e-8;

    /// <summary>How fast the momentum rises to beta1.</summary>
    public double MomentumDecay { get; init; } = 4e-3;

    /// <summary>Decoupled decay, on matrices only.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest global norm of a gradient; infinity turns clipping off.</summary>
    public double ClipNorm { get; init; } = 1.0;
}
