using System.Text.Json;
using Razum.Training.Rollouts;
using Razum.Training.Verifiers;

namespace Razum.Training.Loop;

/// <summary>What <c>samples.jsonl</c> says of an answer: every step shows all answers to one of its prompts.</summary>
internal static class SampleFields
{
    public static void Write(Utf8JsonWriter json, Problem problem, Rollout rollout)
    {
        json.WriteString("prompt", problem.Prompt);
        json.WriteString("text", rollout.Text);
        json.WriteNumber("reward", rollout.Reward.Total);
        foreach ((string name, Verdict verdict) in rollout.Reward.Parts)
        {
            json.WriteNumber("reward." + name, verdict.Score);
        }

        json.WriteString("outcome", rollout.Reward.Outcome.ToString().ToLowerInvariant());
        json.WriteNumber("tokens", rollout.Length);
        json.WriteBoolean("ended", rollout.Ended);
        json.WriteNumber("policy_version", rollout.PolicyVersion);
        if (rollout.MeanSetSize is { } size)
        {
            json.WriteNumber("mean_set_size", Math.Round(size, 2));
        }
    }
}
