using Razum.Training.Runs;

namespace Razum.Training.Objectives;

/// <summary>What a stage minimises that learns given tokens (<c>"loss"</c> of a stage in a run file); by default the plain cross-entropy, mean over tokens.</summary>
public sealed record SupervisedSettings
{
    public LossMean Mean { get; init; }

    /// <summary>Share of every label that is spread over the vocabulary.</summary>
    public double Smoothing { get; init; }

    /// <summary>Factor of the squared log-sum of the logits.</summary>
    public double Z { get; init; }

    /// <summary>Folder of a model with the same vocabulary whose distribution is learned in place of labels; null for none.</summary>
    public string? Teacher { get; init; }

    /// <summary>How the teacher is followed.</summary>
    public DistillationSettings Distillation { get; init; } = new();

    /// <exception cref="InvalidDataException">A field is wrong; one line with file, field and fault.</exception>
    internal static SupervisedSettings Read(RunFields fields, Func<string, string> full)
    {
        string? teacher = fields.Has("teacher") ? full(fields.Text("teacher")) : null;
        var settings = new SupervisedSettings
        {
            Mean = fields.Choice("mean", "token_mean", "token_mean", "sequence_mean", "sequence_sum_mean") switch
            {
                "sequence_mean" => LossMean.SequenceMean,
                "sequence_sum_mean" => LossMean.SequenceSumMean,
                _ => LossMean.TokenMean,
            },
            Smoothing = teacher is null ? fields.Number("smoothing", 0, most: 0.999) : 0,
            Z = teacher is null ? fields.Number("z", 0) : 0,
            Teacher = teacher,
            Distillation = teacher is null ? new DistillationSettings() : ReadDistillation(fields, new DistillationSettings()),
        };
        fields.Done();
        return settings;
    }

    /// <summary>How a teacher is followed.</summary>
    /// <param name="fields">Where it says so; other fields are left to the caller.</param>
    /// <param name="settings">What holds where it does not.</param>
    internal static DistillationSettings ReadDistillation(RunFields fields, DistillationSettings settings) => new()
    {
        Kind = fields.Choice<DistillationKind>("divergence", settings.Kind),
        Temperature = fields.Number("temperature", settings.Temperature, least: 1e-3),
        Jsd = fields.Number("jsd", settings.Jsd, least: 1e-6, most: 1 - 1e-6),
        K = fields.Whole("k", settings.K, most: DistillationLoss.MostKept),
        Alpha = fields.Number("alpha", settings.Alpha, most: 1),
    };
}
