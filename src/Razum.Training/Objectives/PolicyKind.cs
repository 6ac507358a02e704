namespace Razum.Training.Objectives;

/// <summary>How an advantage pushes log-probabilities; w is the ratio pi / pi_old, A the advantage.</summary>
public enum PolicyKind
{
    /// <summary>-min(w A, clamp(w, 1 - eps_low, 1 + eps_high) A): PPO, GRPO, DAPO, and per sequence GSPO and RLOO.</summary>
    Clip,

    /// <summary>-min(w, cap) A log pi, no gradient through the weight (MiniMax-M1, arXiv 2506.13585).</summary>
    Cispo,

    /// <summary>-A log pi, without a ratio.</summary>
    Reinforce,

    /// <summary>-(A S - tau/2 (S - S_old)^2), S the log-probability of the sequence (Kimi k1.5, arXiv 2501.12599).</summary>
    Kimi,
}
