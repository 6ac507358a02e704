namespace Razum.Training.Verifiers;
public static class VerifierSelfTest
{
    public static string? Run(Reward reward, IEnumerable<Problem> problems) => problems.Select(p => reward.Score(p, new Completion($"</think><answer>{p.Answer}</answer>", true, 1, "<think>"))).All(r => r.Outcome == VerdictOutcome.Correct) ? null : "gold does not score";
}
