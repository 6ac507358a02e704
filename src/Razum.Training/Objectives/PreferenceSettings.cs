using Razum.Training.Runs;

namespace Razum.Training.Objectives;

/// <summary>Constants of <see cref="PreferenceLoss"/>: <c>"loss"</c> in a stage of <c>preference</c> of a run file.</summary>
public sealed record PreferenceSettings
{
    public PreferenceKind Kind { get; init; }

    /// <summary>How strongly the policy is held to the reference.</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>Share of labels that may be wrong, below 0.5; conservative and robust read it.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Factor of the chosen answers' mean cross-entropy, which keeps them likely (RPO, arXiv 2404.19733); 0 for none.</summary>
    public double Nll { get; init; }

    /// <exception cref="InvalidDataException">A field is wrong; one line with file, field and fault.</exception>
    internal static PreferenceSettings Read(RunFields fields)
    {
        var defaults = new PreferenceSettings();
        var settings = new PreferenceSettings
        {
            Kind = fields.Choice<PreferenceKind>("kind", defaults.Kind),
            Beta = fields.Number("beta", defaults.Beta, least: 1e-6),
            LabelSmoothing = fields.Number("label_smoothing", 0, most: 0.499),
            Nll = fields.Number("nll", 0),
        };
        fields.Done();
        return settings.LabelSmoothing == 0 || settings.Kind is PreferenceKind.Conservative or PreferenceKind.Robust
            ? settings
            : throw fields.Fault("label_smoothing", "only conservative and robust have it");
    }
}
