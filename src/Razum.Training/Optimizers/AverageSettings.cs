namespace Razum.Training.Optimizers;

/// <summary>Constants of <see cref="AveragedOptimizer"/>.</summary>
public sealed record AverageSettings
{
    public AverageKind Kind { get; init; }

    public double Decay { get; init; } = 0.999;

    /// <summary>Updates that are not averaged: the average begins after them.</summary>
    public int After { get; init; }

    /// <summary>The share of the t-th averaged weights: every kind is a += share (w - a).</summary>
    internal double Share(int t) => Kind switch
    {
        AverageKind.Mean => 1.0 / t,
        AverageKind.EmaCorrected => (1 - Decay) / (1 - Math.Pow(Decay, t)),
        _ => t == 1 ? 1 : 1 - Decay,
    };
}
