namespace Razum.Training.Objectives;

/// <summary>Constants of <see cref="PreferenceLoss"/>.</summary>
public sealed record PreferenceSettings
{
    public PreferenceKind Kind { get; init; }

    /// <summary>How strongly the policy is held to the reference.</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>Share of labels that may be wrong, below 0.5; conservative and robust read it.</summary>
    public double LabelSmoothing { get; init; }
}
