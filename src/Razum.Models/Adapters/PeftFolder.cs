using System.Text.Json;
using Razum.Tensors.Checkpoints;

namespace Razum.Models.Adapters;

/// <summary>
/// The layout in which PEFT keeps an adapter: <c>adapter_config.json</c>, and <c>adapter_model.safetensors</c> with
/// <c>base_model.model.MODULE.lora_A.weight</c> [r, inputs] and <c>lora_B</c> [outputs, r].
/// </summary>
public static class PeftFolder
{
    internal const string ConfigName = "adapter_config.json";
    internal const string ModelName = "adapter_model.safetensors";

    private const string Prefix = "base_model.model.";

    /// <summary>Writes the adapters of a model, in F32, into a new or existing folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="decoder">The model.</param>
    /// <param name="settings">What its adapters were made with.</param>
    /// <param name="baseModel">Where the base is.</param>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string folder, Decoder decoder, LoraSettings settings, string baseModel)
    {
        Directory.CreateDirectory(folder);
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Indented = true }))
        {
            WriteConfig(json, decoder, settings, baseModel);
        }

        text.WriteByte((byte)'\n');
        AtomicFile.Write(Path.Combine(folder, ConfigName), stream => stream.Write(text.GetBuffer().AsSpan(0, (int)text.Length)));
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        foreach (LoraPair pair in decoder.Adapters)
        {
            writer.Add(NameOfA(pair.Module), pair.A, ElementType.F32);
            writer.Add(NameOfB(pair.Module), pair.B, ElementType.F32);
        }

        writer.Save(Path.Combine(folder, ModelName));
    }

    internal static string NameOfA(string module) => $"{Prefix}{module}.lora_A.weight";

    internal static string NameOfB(string module) => $"{Prefix}{module}.lora_B.weight";

    private static void WriteConfig(Utf8JsonWriter json, Decoder decoder, LoraSettings settings, string baseModel)
    {
        json.WriteStartObject();
        WriteEmpty("alpha_pattern");
        json.WriteNull("auto_mapping");
        json.WriteString("base_model_name_or_path", baseModel);
        json.WriteString("bias", "none");
        json.WriteBoolean("fan_in_fan_out", false);
        json.WriteBoolean("inference_mode", true);
        json.WriteBoolean("init_lora_weights", true);
        json.WriteNull("layers_pattern");
        json.WriteNull("layers_to_transform");
        json.WriteNumber("lora_alpha", settings.Alpha);
        json.WriteNumber("lora_dropout", 0);
        json.WriteNull("modules_to_save");
        json.WriteString("peft_type", "LORA");
        json.WriteNumber("r", settings.Rank);
        WriteEmpty("rank_pattern");
        json.WriteNull("revision");
        json.WriteStartArray("target_modules");
        // Last parts of names would also mean the experts of a mixture, which have no adapters here.
        foreach (string target in decoder.Config.Moe is null ? settings.Targets : [.. decoder.Adapters.Select(p => p.Module)])
        {
            json.WriteStringValue(target);
        }

        json.WriteEndArray();
        json.WriteString("task_type", "CAUSAL_LM");
        json.WriteBoolean("use_dora", false);
        json.WriteBoolean("use_rslora", settings.RankStabilised);
        json.WriteEndObject();

        void WriteEmpty(string name)
        {
            json.WriteStartObject(name);
            json.WriteEndObject();
        }
    }
}
