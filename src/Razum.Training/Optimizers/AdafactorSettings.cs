namespace Razum.Training.Optimizers;

/// <summary>Constants of <see cref="Adafactor"/>; the defaults are PyTorch's. The learning rate is given with every update.</summary>
public sealed record AdafactorSettings
{
    /// <summary>The average of squares takes the share t^(this) of the t-th gradient.</summary>
    public double Beta2Decay { get; init; } = -0.8;

    /// <summary>Least root mean square of the gradients seen.</summary>
    public double Eps1 { get; init; } = 1.1920929e-7;

    /// <summary>Least size of a weight: a step is relative to the root mean square of its weight.</summary>
    public double Eps2 { get; init; } = 1e-3;

    /// <summary>Largest root mean square of a step, before the rate.</summary>
    public double D { get; init; } = 1;

    /// <summary>Decoupled decay, on matrices only.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest global norm of a gradient; infinity turns clipping off.</summary>
    public double ClipNorm { get; init; } = double.PositiveInfinity;
}
