namespace Razum.Training.Optimizers;

/// <summary>Constants of <see cref="Sgd"/>. The learning rate is given with every update.</summary>
public sealed record SgdSettings
{
    public double Momentum { get; init; } = 0.9;

    public bool Nesterov { get; init; } = true;

    /// <summary>L2 penalty, added to the gradient; on matrices only.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest global norm of a gradient; infinity turns clipping off.</summary>
    public double ClipNorm { get; init; } = 1.0;
}
