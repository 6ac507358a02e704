using System.Text.Json;

namespace Razum.Training.Loop;

/// <summary>What <c>metrics.jsonl</c> says of a step. Values that are no numbers are left out.</summary>
internal static class MetricsFields
{
    public static void Write(Utf8JsonWriter json, TrainProgress progress)
    {
        json.WriteString("stage", progress.Stage);
        Number(json, "loss", progress.Loss);
        Number(json, "main", progress.Main);
        Number(json, "mtp", progress.Mtp);
        Number(json, "balance", progress.Balance);
        Number(json, "lr", progress.LearningRate);
        Number(json, "grad_norm", progress.GradientNorm);
        Number(json, "max_violation", progress.MaxViolation);
        Number(json, "load_entropy", progress.LoadEntropy);
        Number(json, "dead_experts", progress.DeadExperts);
        json.WriteNumber("tokens", progress.Tokens);
        Number(json, "tokens_per_second", Math.Round(progress.TokensPerSecond, 1));
        Number(json, "utilisation", Math.Round(progress.Utilisation, 4));
        Number(json, "core_hours", Math.Round(progress.Cost.CoreHours, 6));
        Number(json, "flops", progress.Cost.Flops);
        if (progress.HeldOut is { } heldOut)
        {
            Write(json, heldOut);
        }

        if (progress.Policy is { } policy)
        {
            Write(json, policy);
        }

        if (progress.Preference is { } preference)
        {
            Number(json, "preference.loss", progress.Loss);
            foreach ((string name, double value) in preference.Values)
            {
                Number(json, "preference." + name, value);
            }
        }
    }

    /// <summary>A measurement before the first step of a stage.</summary>
    public static void WriteBefore(Utf8JsonWriter json, string stage, HeldOut heldOut)
    {
        json.WriteString("stage", stage);
        Write(json, heldOut);
    }

    private static void Write(Utf8JsonWriter json, HeldOut heldOut)
    {
        Number(json, "held_out_loss", heldOut.Loss);
        Number(json, "held_out_accuracy", heldOut.Accuracy);
        Number(json, "held_out_length", heldOut.Length);
        Number(json, "held_out_margin", heldOut.Margin);
        foreach ((string family, double accuracy) in heldOut.Families)
        {
            Number(json, "held_out_accuracy." + family, accuracy);
        }
    }

    private static void Write(Utf8JsonWriter json, PolicyProgress policy)
    {
        Number(json, "reward", policy.Reward);
        foreach ((string name, double mean) in policy.Parts)
        {
            Number(json, "reward." + name, mean);
        }

        Number(json, "accuracy", policy.Accuracy);
        Number(json, "length", policy.Length);
        Number(json, "truncated", policy.Truncated);
        Number(json, "distinct_4", policy.Distinct);
        Number(json, "repeated", policy.Repeated);
        Number(json, "looping", policy.Looping);
        Number(json, "zero_variance", policy.ZeroVariance);
        Number(json, "errors", policy.Errors);
        Number(json, "samples", policy.Samples);
        foreach ((string name, double value) in policy.Objective?.Values ?? [])
        {
            Number(json, name, value);
        }

        Number(json, "step_kl", policy.StepKl);
        Number(json, "compared", policy.Compared);
        Number(json, "mismatch", policy.Mismatch);
        Number(json, "routing_changed", policy.RoutingChanged);
        Number(json, "sampling_seconds", Math.Round(policy.SamplingSeconds, 4));
        Number(json, "update_seconds", Math.Round(policy.UpdateSeconds, 4));
        Number(json, "sampled_tokens_per_second", Math.Round(policy.SampledTokensPerSecond, 1));
        Number(json, "sampling_flops", policy.SamplingFlops);
        Number(json, "update_flops", policy.UpdateFlops);
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
    }
}
