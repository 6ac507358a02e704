using System.Text.Json;
using Razum.Models.Configuration;
using Razum.Tensors.Checkpoints;

namespace Razum.Models;

/// <summary>Writes a <c>config.json</c> in the published layout of the model's family, so that other programs load what Razum trains.</summary>
public static class ModelConfigWriter
{
    /// <summary>Writes the file: whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">What to write.</param>
    /// <param name="stored">Type of the weights beside it, F32 or BF16.</param>
    /// <exception cref="ArgumentException">The family has no fields for what the config says.</exception>
    /// <exception cref="IOException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, ModelConfig config, ElementType stored)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            WriteFields(new ConfigText(json), config, stored);
            json.WriteEndObject();
        }

        text.WriteByte((byte)'\n');
        AtomicFile.Write(path, stream => stream.Write(text.GetBuffer().AsSpan(0, (int)text.Length)));
    }

    private static void WriteFields(ConfigText text, ModelConfig config, ElementType stored)
    {
        text.Add("architectures", [Architecture(config.ModelType)]);
        text.Add("model_type", config.ModelType);
        text.Add("attention_dropout", 0.0);
        text.Add("bos_token_id", config.BosTokenId);
        text.AddIds("eos_token_id", config.EosTokenIds);
        text.Add("hidden_act", "silu");
        text.Add("hidden_size", config.HiddenSize);
        text.Add("initializer_range", config.InitializerRange);
        text.Add("intermediate_size", config.IntermediateSize);
        text.Add("max_position_embeddings", config.MaxPositionEmbeddings);
        text.Add("num_attention_heads", config.Attention.NumAttentionHeads);
        text.Add("num_hidden_layers", config.NumHiddenLayers);
        text.Add("rms_norm_eps", config.RmsNormEps);
        text.Add("tie_word_embeddings", config.TieWordEmbeddings);
        text.Add("torch_dtype", stored switch
        {
            ElementType.F32 => "float32",
            ElementType.BF16 => "bfloat16",
            _ => throw new ArgumentException($"weights are stored as F32 or BF16, not as {stored.Name()}", nameof(stored)),
        });
        text.Add("transformers_version", "4.33.1"); // of the published files whose layout this is
        text.Add("use_cache", true);
        text.Add("vocab_size", config.VocabSize);
        text.AddRope(config.Rope);
        switch (config.Attention)
        {
            case MlaConfig attention:
                DeepSeekFamily.Write(text, config, attention);
                break;
            case GqaConfig attention:
                GroupedQueryFamily.Write(text, config, attention);
                break;
        }
    }

    private static string Architecture(string modelType) => modelType switch
    {
        "llama" => "LlamaForCausalLM",
        "qwen2" => "Qwen2ForCausalLM",
        "qwen2_moe" => "Qwen2MoeForCausalLM",
        "qwen3" => "Qwen3ForCausalLM",
        "qwen3_moe" => "Qwen3MoeForCausalLM",
        "deepseek_v2" => "DeepseekV2ForCausalLM",
        "deepseek_v32" => "DeepseekV32ForCausalLM",
        "deepseek_v3" or "kimi_k2" => "DeepseekV3ForCausalLM",
        _ => throw new ArgumentException($"unknown model_type {modelType}", nameof(modelType)),
    };
}
