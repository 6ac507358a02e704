using System.Globalization;
using System.Text.Json;
using Razum.Inference;

namespace Razum.Cli;

/// <summary>A <see cref="ServingPlan"/> in words and as JSON.</summary>
internal static class PlanReport
{
    /// <summary>Name and value of everything in the plan, in reading order.</summary>
    public static IEnumerable<(string Name, string Value)> Lines(ServingPlan plan)
    {
        yield return ("parameters", $"{Count(plan.Parameters)}, {Count(plan.Active)} multiplied with per token");
        yield return ("files", Bytes(plan.StoredBytes) + (plan.AheadBytes > 0 ? $", {Bytes(plan.AheadBytes)} of them multi-token prediction" : ""));
        foreach ((string type, int tensors, long bytes) in plan.Types)
        {
            yield return ($"  {type}", string.Create(CultureInfo.InvariantCulture, $"{Bytes(bytes)} in {tensors:N0} tensors"));
        }

        yield return ("read per token", $"{Bytes(plan.TokenBytes)} of weights, {Bytes(plan.AlwaysBytes)} of them by every token");
        yield return ("weights in own memory", $"{Bytes(plan.WeightBytes)}: {Placement(plan.Placement)}");
        yield return ("keys and values", string.Create(
            CultureInfo.InvariantCulture, $"{Bytes(plan.CacheBytes)}: {plan.Sequences} x {plan.ContextLength:N0} tokens of {plan.CachedTokenBytes / 1e3:N1} kB"));
        yield return ("a step", Bytes(plan.StepBytes));
        yield return ("own memory in all", $"{Bytes(plan.OwnBytes)} of {Bytes(plan.Available)} free");
        yield return ("read from the files", plan.FileBytes > 0 ? $"{Bytes(plan.FileBytes)} of weights, {Bytes(plan.HeldBytes)} of them can stay in memory" : "nothing, once loaded");
    }

    /// <summary>What it comes to, in one sentence.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="shorter">The plan with <see cref="ServingPlan.FittingContext"/>, where the context does not fit and a shorter one does.</param>
    public static string Verdict(ServingPlan plan, ServingPlan? shorter) => plan.Verdict switch
    {
        ServingVerdict.Fits => $"fits: {Bytes(plan.OwnBytes + plan.FileBytes)} of {Bytes(plan.Available)}",
        ServingVerdict.FromDisk => $"runs from disk at about {Bytes(plan.DiskBytesPerToken)} read per token",
        _ when shorter is null => string.Create(
            CultureInfo.InvariantCulture,
            $"does not fit: weights take {Bytes(plan.WeightBytes)} and a step {Bytes(plan.StepBytes)} of {Bytes(plan.Available)}, which leaves no room for keys and values of {plan.Sequences} sequence(s)"),
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"does not fit: keys and values take {Bytes(plan.CacheBytes)}, there are {Bytes(plan.CacheRoom)} for them; with --context {plan.FittingContext} it {Verdict(shorter, null)}"),
    };

    /// <summary>Everything as one JSON object.</summary>
    public static void Write(Utf8JsonWriter json, ServingPlan plan, ServingPlan? shorter)
    {
        json.WriteStartObject();
        json.WriteString("model", plan.Name);
        json.WriteStartObject("parameters");
        json.WriteNumber("total", plan.Parameters);
        json.WriteNumber("active", plan.Active);
        json.WriteEndObject();
        json.WriteStartObject("files");
        json.WriteNumber("bytes", plan.StoredBytes);
        json.WriteNumber("multi_token_prediction", plan.AheadBytes);
        json.WriteStartArray("types");
        foreach ((string type, int tensors, long bytes) in plan.Types)
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteNumber("tensors", tensors);
            json.WriteNumber("bytes", bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteNumber("read_per_token", Math.Round(plan.TokenBytes));
        json.WriteNumber("read_by_every_token", Math.Round(plan.AlwaysBytes));
        json.WriteString("placement", plan.Placement.ToString());
        json.WriteNumber("own_weights", plan.WeightBytes);
        json.WriteNumber("context", plan.ContextLength);
        json.WriteNumber("sequences", plan.Sequences);
        json.WriteNumber("keys_and_values", plan.CacheBytes);
        json.WriteNumber("step", plan.StepBytes);
        json.WriteNumber("own_memory", plan.OwnBytes);
        json.WriteNumber("read_from_files", Math.Round(plan.FileBytes));
        json.WriteNumber("held_of_files", Math.Round(plan.HeldBytes));
        json.WriteNumber("available", plan.Available);
        json.WriteString("verdict", plan.Verdict switch { ServingVerdict.Fits => "fits", ServingVerdict.FromDisk => "runs from disk", _ => "does not fit" });
        json.WriteNumber("read_from_disk_per_token", Math.Round(plan.DiskBytesPerToken));
        json.WriteNumber("fitting_context", plan.FittingContext);
        json.WriteString("words", Verdict(plan, shorter));
        json.WriteEndObject();
    }

    private static string Placement(WeightPlacement placement) => placement switch
    {
        WeightPlacement.Packed => "copies in the order in which products read them",
        WeightPlacement.ExpertsInPlace => "copies of all but the experts, which are read from the files",
        _ => "what cannot be read from the files as it stands there",
    };

    private static string Bytes(double bytes) => MachineText.Memory(bytes);

    private static string Count(double number) => number >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{number / 1e9:0.0} B")
        : string.Create(CultureInfo.InvariantCulture, $"{number / 1e6:0.0} M");
}
