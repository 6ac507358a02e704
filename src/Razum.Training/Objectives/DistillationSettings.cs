namespace Razum.Training.Objectives;

/// <summary>Constants of <see cref="DistillationLoss"/>.</summary>
public sealed record DistillationSettings
{
    public DistillationKind Kind { get; init; }

    /// <summary>Divides the logits of both.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>b of the Jensen-Shannon divergence: the teacher's share of the mixture, above 0 and below 1.</summary>
    public double Jsd { get; init; } = 0.5;

    /// <summary>How many of the teacher's logits are kept.</summary>
    public int K { get; init; } = 16;

    /// <summary>Share of the teacher where labels count too.</summary>
    public double Alpha { get; init; } = 0.5;
}
