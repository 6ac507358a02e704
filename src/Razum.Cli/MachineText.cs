using System.Globalization;
using System.Text.Json;
using Razum.Tensors.Jit;
using Razum.Tensors.Machine;

namespace Razum.Cli;

/// <summary>The machine and its peaks, for people and for programs: what <c>doctor</c> and <c>bench</c> both show.</summary>
internal static class MachineText
{
    /// <summary>Operations per second of a kind of products.</summary>
    public static string Rate(Products products, double rate) => rate > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{rate / 1e9:#,0} {(products == Products.Int8 ? "GOP/s" : "GFLOP/s")}")
        : "-";

    public static string Bandwidth(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e9:0.0} GB/s");

    public static string Memory(double bytes) => bytes >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:#,0.#} MB");

    /// <summary>Worst errors and the like: two digits.</summary>
    public static string Small(double value) => value == 0 ? "0" : value.ToString("0.0e0", CultureInfo.InvariantCulture);

    /// <summary>An object <c>processor</c>.</summary>
    public static void WriteProcessor(Utf8JsonWriter json)
    {
        json.WriteStartObject("processor");
        json.WriteString("name", Processor.Name);
        json.WriteNumber("threads", Processor.Threads);
        json.WriteNumber("memory", Processor.Memory);
        json.WriteNumber("free_memory", Processor.FreeMemory);
        json.WriteNumber("last_level_cache", Processor.LastLevelCache);
        json.WriteStartArray("features");
        foreach (string name in CpuFeatures.Names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The fields of an object that is open: operations and bytes per second, null where there is no such instruction.</summary>
    public static void WritePeaks(Utf8JsonWriter json, MachinePeaks peaks)
    {
        json.WriteNumber("threads", peaks.Threads);
        foreach (Products products in Enum.GetValues<Products>())
        {
            string name = products.ToString().ToLowerInvariant();
            if (peaks.Of(products) > 0)
            {
                json.WriteNumber(name, Math.Round(peaks.Of(products)));
            }
            else
            {
                json.WriteNull(name);
            }
        }

        json.WriteNumber("read_bandwidth", Math.Round(peaks.ReadBandwidth));
        if (peaks.ReadBandwidthOfFourStreams > 0)
        {
            json.WriteNumber("read_bandwidth_of_four_streams", Math.Round(peaks.ReadBandwidthOfFourStreams));
        }
    }
}
