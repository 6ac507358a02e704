using Razum.Training.Verifiers;

namespace Razum.Training.Rollouts;

/// <summary>The answers to one prompt: the group that advantages compare.</summary>
/// <param name="Problem">What was asked.</param>
/// <param name="Rollouts">The answers; those whose verifier failed are left out, because an error must never train.</param>
/// <param name="Errors">What went wrong with those that were left out.</param>
public sealed record RolloutGroup(Problem Problem, IReadOnlyList<Rollout> Rollouts, IReadOnlyList<string> Errors)
{
    /// <summary>Whether all answers earned the same: then no answer is better than another, and nothing is learned.</summary>
    public bool HasNoVariance => Rollouts.All(r => r.Reward.Total == Rollouts[0].Reward.Total);
}
