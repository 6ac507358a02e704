using System.Text.Json.Nodes;
using Razum.Training.Runs;
using Razum.Training.Tasks;

namespace Razum.Training.Verifiers;

public enum Outcome { Correct, Wrong, NoAnswer, Error }

public sealed record Problem(string Prompt, string Answer, string? Task, JsonObject? Truth)
{
    public static Problem Of(ProceduralTask task, TaskProblem problem, string prompt) => new(prompt, problem.Answer, task.Name, problem.Truth);
}

public sealed record RewardPart(string Name, double Weight)
{
    internal static RewardPart Read(RunFields fields)
    {
        var part = new RewardPart(fields.Text("verifier"), fields.Number("weight", 1));
        fields.Done();
        return part;
    }
}

public sealed record RewardResult(double Total, IReadOnlyList<(string Name, double Value)> Parts, Outcome Outcome, string? Message);

public sealed class Reward(IReadOnlyList<RewardPart> parts)
{
    public RewardResult Score(Problem problem, string prefix, string text, bool ended, int tokens)
    {
        TaskVerdict v = TaskRegistry.Get(problem.Task!).Check(prefix, text, ended, problem.Truth!);
        return new RewardResult(v.Score * parts[0].Weight, [(parts[0].Name, v.Score)], v.Outcome == TaskOutcome.Correct ? Outcome.Correct : Outcome.Wrong, null);
    }
}

public static class VerifierSelfTest
{
    public static string? Run(Reward reward, IEnumerable<Problem> problems) => problems.Select(p => reward.Score(p, "<think>", $"</think><answer>{p.Answer}</answer>", true, 1)).All(r => r.Outcome == Outcome.Correct) ? null : "gold does not score";
}
