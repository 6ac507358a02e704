namespace Razum.Training.Objectives;

/// <summary>What one ratio pi / pi_old belongs to.</summary>
public enum RatioLevel
{
    /// <summary>Every token has its own.</summary>
    Token,

    /// <summary>exp(mean of log ratios): the geometric mean of a sequence (GSPO, arXiv 2507.18071).</summary>
    SequenceMean,

    /// <summary>exp(sum of log ratios): the ratio of whole sequences (RLOO, arXiv 2402.14740).</summary>
    SequenceSum,
}
