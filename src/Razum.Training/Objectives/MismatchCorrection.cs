namespace Razum.Training.Objectives;

/// <summary>
/// Weight of the policy term for samples of an engine whose probabilities differ from the trainer's: e = pi_old / pi_rollout, per token or product of a sequence.
/// Razum's own engine gives e = 1, bit for bit; others do not.
/// </summary>
public enum MismatchCorrection
{
    None,

    /// <summary>min(e, cap): truncated importance sampling.</summary>
    TokenTruncate,

    /// <summary>e where tis_min &lt;= e &lt;= cap, else 0: IcePop.</summary>
    TokenMask,

    /// <summary>min(e of the sequence, cap).</summary>
    SequenceTruncate,

    /// <summary>e of the sequence up to cap, else 0.</summary>
    SequenceMask,
}
