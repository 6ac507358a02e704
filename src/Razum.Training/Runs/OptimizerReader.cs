using Razum.Training.Optimizers;

namespace Razum.Training.Runs;

/// <summary>The constants of each optimiser and of averages, from the objects <c>optimizer</c> and <c>average</c> of a run file; what is absent has the optimiser's own default.</summary>
internal static class OptimizerReader
{
    private const double BelowOne = 0.9999999;

    public static AdamWSettings AdamW(RunFields fields)
    {
        var settings = new AdamWSettings();
        return new AdamWSettings
        {
            Beta1 = fields.Number("beta1", settings.Beta1, most: BelowOne),
            Beta2 = fields.Number("beta2", settings.Beta2, most: BelowOne),
            Eps = fields.Number("eps", settings.Eps),
            WeightDecay = fields.Number("weight_decay", settings.WeightDecay),
            AmsGrad = fields.Flag("amsgrad", settings.AmsGrad),
            ClipNorm = Clip(fields, settings.ClipNorm),
        };
    }

    public static MuonSettings Muon(RunFields fields)
    {
        var settings = new MuonSettings();
        return settings with { Momentum = fields.Number("momentum", settings.Momentum, most: BelowOne) };
    }

    public static SgdSettings Sgd(RunFields fields)
    {
        var settings = new SgdSettings();
        return new SgdSettings
        {
            Momentum = fields.Number("momentum", settings.Momentum, most: BelowOne),
            Nesterov = fields.Flag("nesterov", settings.Nesterov),
            WeightDecay = fields.Number("weight_decay", settings.WeightDecay),
            ClipNorm = Clip(fields, settings.ClipNorm),
        };
    }

    public static NAdamSettings NAdam(RunFields fields)
    {
        var settings = new NAdamSettings();
        return new NAdamSettings
        {
            Beta1 = fields.Number("beta1", settings.Beta1, most: BelowOne),
            Beta2 = fields.Number("beta2", settings.Beta2, most: BelowOne),
            Eps = fields.Number("eps", settings.Eps),
            MomentumDecay = fields.Number("momentum_decay", settings.MomentumDecay),
            WeightDecay = fields.Number("weight_decay", settings.WeightDecay),
            ClipNorm = Clip(fields, settings.ClipNorm),
        };
    }

    public static AdafactorSettings Adafactor(RunFields fields)
    {
        var settings = new AdafactorSettings();
        return new AdafactorSettings
        {
            Beta2Decay = fields.Number("beta2_decay", settings.Beta2Decay, least: -1, most: 0),
            Eps1 = fields.Number("eps1", settings.Eps1),
            Eps2 = fields.Number("eps2", settings.Eps2),
            D = fields.Number("d", settings.D, least: 1e-6),
            WeightDecay = fields.Number("weight_decay", settings.WeightDecay),
            ClipNorm = Clip(fields, settings.ClipNorm),
        };
    }

    public static AverageSettings Average(RunFields fields)
    {
        var settings = new AverageSettings();
        settings = new AverageSettings
        {
            Kind = fields.Choice<AverageKind>("kind", settings.Kind),
            Decay = fields.Number("decay", settings.Decay, most: BelowOne),
            After = fields.Whole("after", settings.After, least: 0),
        };
        fields.Done();
        return settings;
    }

    private static double Clip(RunFields fields, double fallback) => fields.Has("clip") ? fields.Number("clip", least: 1e-12) : fallback;
}
