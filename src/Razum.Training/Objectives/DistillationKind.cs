namespace Razum.Training.Objectives;

/// <summary>How far a student q is from its teacher p, both softmaxes at temperature T.</summary>
public enum DistillationKind
{
    /// <summary>T^2 KL(p || q): covers all that the teacher does (arXiv 1503.02531).</summary>
    Forward,

    /// <summary>T^2 KL(q || p): keeps to what the teacher does (MiniLLM, arXiv 2306.08543).</summary>
    Reverse,

    /// <summary>b KL(p || m) + (1 - b) KL(q || m), m = b p + (1 - b) q (GKD, arXiv 2306.13649); without the factor T^2.</summary>
    Jsd,

    /// <summary>T^2 KL(p' || q), p' the teacher's k largest, normalised anew; q is not: all that a stored teacher needs.</summary>
    TopK,

    /// <summary>alpha forward + (1 - alpha) cross-entropy with the target.</summary>
    Mixed,
}
