namespace Razum.Training.Objectives;

/// <summary>What a supervised loss is the mean of. Only learned targets count.</summary>
public enum LossMean
{
    /// <summary>Mean over all targets of the step.</summary>
    TokenMean,

    /// <summary>Mean over the targets of a sequence, then over the sequences that have any.</summary>
    SequenceMean,

    /// <summary>Sum over the targets of a sequence, mean over all sequences, also those without a target.</summary>
    SequenceSumMean,

    /// <summary>sum w l / sum w, with a weight for each target.</summary>
    Weighted,
}
