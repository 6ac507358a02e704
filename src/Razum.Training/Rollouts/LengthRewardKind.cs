namespace Razum.Training.Rollouts;

/// <summary>How the length of an answer is rewarded beside its being right.</summary>
public enum LengthRewardKind
{
    /// <summary>Kimi k1.5: short right answers earn up to a half, long ones lose up to a half, wrong ones never gain. Compared within a group.</summary>
    Kimi,

    /// <summary>Right answers 2 to 1, wrong ones -10 to 0 along half a cosine of the length.</summary>
    Cosine,
}
