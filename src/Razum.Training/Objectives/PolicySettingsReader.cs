using Razum.Training.Runs;

namespace Razum.Training.Objectives;

/// <summary>
/// Reads <see cref="PolicySettings"/> from an object of a run file: <c>preset</c> names a variant, other fields change it; without a preset,
/// <c>kind</c>, <c>advantage</c> and (but for kimi) <c>normalise</c> must be given. Misspelt fields and combinations without a meaning are refused.
/// </summary>
internal static class PolicySettingsReader
{
    /// <param name="fields">The object; all of it is read.</param>
    /// <param name="maxLength">The most tokens of a completion, where the object does not say.</param>
    /// <exception cref="InvalidDataException">A field is wrong; one line with file, field and fault.</exception>
    public static PolicySettings Read(RunFields fields, int maxLength = 0)
    {
        bool hasPreset = fields.Has("preset");
        PolicySettings from = hasPreset ? PolicySettings.Preset(fields.Choice("preset", null, [.. PolicySettings.Presets.Keys])) : new PolicySettings();
        PolicyKind kind = fields.Choice("kind", hasPreset ? from.Kind : (PolicyKind?)null);
        var settings = new PolicySettings
        {
            Kind = kind,
            Advantage = fields.Choice("advantage", hasPreset ? from.Advantage : (AdvantageKind?)null),
            EpsLow = fields.Number("eps_low", from.EpsLow),
            EpsHigh = fields.Number("eps_high", from.EpsHigh),
            Delta = fields.Number("delta", from.Delta),
            Cap = fields.Number("cap", from.Cap),
            Tau = fields.Number("tau", from.Tau),
            Kl = fields.Choice<KlEstimator>("kl", from.Kl),
            Beta = fields.Number("beta", from.Beta),
            Level = fields.Choice<RatioLevel>("level", from.Level),
            Normalise = fields.Choice("normalise", hasPreset || kind == PolicyKind.Kimi ? from.Normalise : (Normalisation?)null),
            MaxLength = fields.Whole("max_length", from.MaxLength > 0 ? from.MaxLength : maxLength),
            OffPolicyDelta = fields.Number("off_policy_delta", from.OffPolicyDelta),
            Tis = fields.Choice<MismatchCorrection>("tis", from.Tis),
            TisCap = fields.Number("tis_cap", from.TisCap),
            TisMin = fields.Number("tis_min", from.TisMin),
            DynamicSampling = fields.Flag("dynamic_sampling", from.DynamicSampling),
            MaskTruncated = fields.Flag("mask_truncated", from.MaskTruncated),
            EntropyCoef = fields.Number("entropy_coef", from.EntropyCoef),
            Temperature = fields.Number("temperature", from.Temperature, least: 1e-3),
        };
        fields.Done();
        Check(fields, settings);
        return settings;
    }

    private static void Check(RunFields fields, PolicySettings settings)
    {
        Refuse(settings.Kind == PolicyKind.Cispo && double.IsInfinity(settings.Cap), "cap", "cispo needs the largest weight");
        Refuse(settings.Kind != PolicyKind.Cispo && double.IsFinite(settings.Cap), "cap", "only cispo has a cap");
        Refuse(settings.Kind != PolicyKind.Clip && (double.IsFinite(settings.EpsLow) || double.IsFinite(settings.EpsHigh)), "eps_low", "only clip has bounds");
        Refuse(settings.Kind != PolicyKind.Clip && double.IsFinite(settings.Delta), "delta", "only clip has bounds");
        Refuse(settings.Kind != PolicyKind.Kimi && settings.Tau != 0, "tau", "only kimi has it");
        Refuse(settings.Beta != 0 && settings.Kl == KlEstimator.None, "beta", "which kl is it the factor of?");
        Refuse(settings.Tis != MismatchCorrection.None && double.IsInfinity(settings.TisCap), "tis_cap", "tis needs the largest weight");
        Refuse(
            settings.Normalise == Normalisation.Constant && settings.MaxLength == 0,
            "max_length",
            "the constant normaliser needs the most tokens of a completion");
        Refuse(
            settings.Kind == PolicyKind.Kimi && (settings.UsesReference || settings.UsesRollout || double.IsFinite(settings.OffPolicyDelta)),
            "kind",
            "kimi has no KL term, correction or mask");
        Refuse(
            settings.Normalise == Normalisation.OnePerSequence
            && (settings.Kind != PolicyKind.Clip || settings.Level == RatioLevel.Token || settings.UsesReference
                || settings.Tis is MismatchCorrection.TokenTruncate or MismatchCorrection.TokenMask),
            "normalise",
            "one_per_sequence needs kind clip with the ratio of a sequence, and nothing that belongs to a token");

        void Refuse(bool wrong, string field, string what)
        {
            if (wrong)
            {
                throw fields.Fault(field, what);
            }
        }
    }
}
