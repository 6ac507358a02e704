using System.Text.Json;
using Razum.Training.Speed;

namespace Razum.Cli;

/// <summary>A <see cref="BenchmarkReport"/> for programs.</summary>
internal static class BenchJson
{
    public static void Write(Utf8JsonWriter json, BenchmarkReport report)
    {
        json.WriteStartObject();
        json.WriteString("model", report.Model);
        json.WriteNumber("parameters", report.Parameters);
        json.WriteNumber("active_parameters", report.ActiveParameters);
        json.WriteNumber("weight_bytes", report.WeightBytes);
        WritePath(json, report.Path);
        json.WriteString("kernels", report.InstructionSet.ToString().ToLowerInvariant());
        json.WriteNumber("rounds", report.Rounds);
        MachineText.WriteProcessor(json);
        json.WriteStartObject("peaks");
        MachineText.WritePeaks(json, report.Peaks);
        json.WriteEndObject();
        json.WriteStartArray("measurements");
        foreach (Measurement measured in report.Measurements)
        {
            json.WriteStartObject();
            json.WriteString("name", measured.Name);
            WritePath(json, measured.Path);
            WriteSpread(json, "tokens_per_second", measured.TokensPerSecond);
            WriteSpread(json, "share_of_bound", measured.ShareOfBound);
            json.WriteString("bound", measured.Bound.ToString().ToLowerInvariant());
            json.WriteNumber("operations_per_token", measured.OperationsPerToken);
            json.WriteNumber("bytes_per_token", measured.BytesPerToken);
            json.WriteNumber("operations_per_second", measured.OperationsPerSecond);
            json.WriteNumber("bytes_per_second", measured.BytesPerSecond);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("without_training", report.WithoutTraining);
        json.WriteEndObject();
    }

    private static void WritePath(Utf8JsonWriter json, ComputePath path)
    {
        json.WriteString("weights", path.Weights.ToString());
        json.WriteString("products", path.Products.ToString().ToLowerInvariant());
    }

    private static void WriteSpread(Utf8JsonWriter json, string name, Spread spread)
    {
        json.WriteStartObject(name);
        json.WriteNumber("median", spread.Median);
        json.WriteNumber("low", spread.Low);
        json.WriteNumber("high", spread.High);
        json.WriteEndObject();
    }
}
