using System.Text;
using System.Text.Json;
using Razum.Models.Configuration;
using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Gguf;

/// <summary>
/// The configuration of a model in GGUF. Metadata becomes the fields of a published config and is read as one, so that what is supported, and what is checked,
/// is decided in one place.
/// </summary>
public static class GgufConfig
{
    private const string ArchitectureKey = "general.architecture";
    private const string DeepSeek = "deepseek2";
    /// <summary>The tensor of numbers that rotary frequencies are divided by.</summary>
    internal const string Factors = "rope_freqs.weight";

    /// <summary>Which <c>model_type</c> an architecture is; deepseek2 is deepseek_v2 or deepseek_v3.</summary>
    private static readonly Dictionary<string, string> s_grouped = new()
    {
        ["llama"] = "llama",
        ["qwen2"] = "qwen2",
        ["qwen2moe"] = "qwen2_moe",
        ["qwen3"] = "qwen3",
        ["qwen3moe"] = "qwen3_moe",
    };

    /// <summary>The <c>general.architecture</c> of a file.</summary>
    /// <exception cref="InvalidDataException">It has none.</exception>
    public static string Architecture(GgufModel model) => new GgufFields(model.Path, model.Metadata, "").Text(ArchitectureKey);

    /// <exception cref="InvalidDataException">A key is missing, of another type or not supported; one line with file, key and fault.</exception>
    public static ModelConfig Read(GgufModel model)
    {
        string architecture = Architecture(model);
        string? grouped = s_grouped.GetValueOrDefault(architecture);
        if (grouped is null && architecture != DeepSeek)
        {
            throw new GgufFields(model.Path, model.Metadata, "").Unsupported(ArchitectureKey, string.Join(", ", [.. s_grouped.Keys, DeepSeek]));
        }

        var fields = new GgufFields(model.Path, model.Metadata, architecture + ".");
        using MemoryStream memory = new();
        using (Utf8JsonWriter json = new(memory))
        {
            json.WriteStartObject();
            var text = new ConfigText(json);
            WriteShared(text, json, model, fields);
            if (grouped is null)
            {
                GgufDeepSeek.Write(text, json, fields);
            }
            else
            {
                WriteGrouped(text, json, model, fields, grouped);
            }

            json.WriteEndObject();
        }

        ModelConfig config = ModelConfigReader.Parse(Encoding.UTF8.GetString(memory.ToArray()), model.Path);
        return model.Find(Factors) is null
            ? config
            : config with { Rope = config.Rope with { Scaling = RotaryFactors(model, config) } };
    }

    private static RopeScaling.Factors RotaryFactors(GgufModel model, ModelConfig config)
    {
        float[] factors = model.ReadFloats(Factors);
        int rotated = config.Attention is MlaConfig mla ? mla.QkRopeHeadDim : ((GqaConfig)config.Attention).HeadDim;
        return config.Rope.Scaling is null && factors.Length == rotated / 2 && factors.All(f => f > 0 && float.IsFinite(f))
            ? new RopeScaling.Factors(factors)
            : throw model.Fault(Factors, $"expected {rotated / 2} numbers above 0, and no other scaling");
    }

    private static void WriteShared(ConfigText text, Utf8JsonWriter json, GgufModel model, GgufFields fields)
    {
        GgufTensor embedding = model.Find("token_embd.weight") ?? throw model.Fault("token_embd.weight", "is missing");
        long vocabulary = embedding.Dims.Count == 2 ? embedding.Dims[1] : 0;
        json.WriteNumber("vocab_size", vocabulary);
        text.Add("hidden_size", fields.Count("embedding_length"));
        int blocks = fields.Count("block_count"), ahead = fields.Count("nextn_predict_layers", 0);
        if (blocks > SharedFields.MostLayers || ahead >= blocks)
        {
            throw fields.Expected("block_count", $"a whole number up to {SharedFields.MostLayers}, above nextn_predict_layers ({ahead})");
        }

        text.Add("num_hidden_layers", blocks - ahead);
        text.Add("intermediate_size", fields.Count("feed_forward_length"));
        text.Add("num_attention_heads", fields.Count("attention.head_count"));
        text.Add("rms_norm_eps", fields.Number("attention.layer_norm_rms_epsilon"));
        text.Add("max_position_embeddings", fields.Count("context_length"));
        text.Add("tie_word_embeddings", model.Find("output.weight") is null);
        text.Add("rope_theta", fields.Number("rope.freq_base", 10_000));
        var tokens = new GgufFields(model.Path, model.Metadata, "tokenizer.ggml.");
        if (tokens.Has("bos_token_id"))
        {
            text.Add("bos_token_id", tokens.Count("bos_token_id"));
        }

        string[] ends = ["eos_token_id", "eot_token_id"];
        text.AddIds("eos_token_id", [.. ends.Where(tokens.Has).Select(name => tokens.Count(name)).Distinct()]);
    }

    private static void WriteGrouped(ConfigText text, Utf8JsonWriter json, GgufModel model, GgufFields fields, string modelType)
    {
        int heads = Math.Max(1, fields.Count("attention.head_count"));
        int headDim = fields.Count("attention.key_length", fields.Count("embedding_length") / heads);
        Only(fields, "attention.value_length", headDim);
        Only(fields, "rope.dimension_count", headDim);
        Only(fields, "attention.sliding_window", 0);
        text.Add("model_type", modelType);
        text.Add("num_key_value_heads", fields.Count("attention.head_count_kv", heads));
        text.Add("head_dim", headDim);
        text.Add(modelType == "qwen2_moe" ? "qkv_bias" : "attention_bias", model.Find("blk.0.attn_q.bias") is not null);
        if (modelType == "llama")
        {
            Only(fields, "expert_count", 0);
            text.Add("mlp_bias", model.Find("blk.0.ffn_up.bias") is not null);
        }

        if (modelType is "qwen2_moe" or "qwen3_moe")
        {
            text.Add("num_experts", fields.Count("expert_count"));
            text.Add("num_experts_per_tok", fields.Count("expert_used_count"));
            text.Add("moe_intermediate_size", fields.Count("expert_feed_forward_length"));
            text.Add("norm_topk_prob", modelType == "qwen3_moe" || fields.Flag("expert_weights_norm", false));
            text.Add("mlp_only_layers", [.. Enumerable.Range(0, fields.Count("block_count")).Where(i => model.Find($"blk.{i}.ffn_gate_inp.weight") is null)]);
            if (modelType == "qwen2_moe")
            {
                text.Add("shared_expert_intermediate_size", fields.Count("expert_shared_feed_forward_length"));
            }
        }

        WriteScaling(json, text, fields, null);
    }

    /// <summary><c>rope_scaling</c>, if there is one.</summary>
    /// <param name="mscale">What the softmax is scaled by (latent attention); null where cosines and sines are scaled instead.</param>
    internal static void WriteScaling(Utf8JsonWriter json, ConfigText text, GgufFields fields, double? mscale)
    {
        double factor = fields.Number("rope.scaling.factor", fields.Number("rope.scale_linear", 1));
        string kind = fields.Text("rope.scaling.type", fields.Has("rope.scale_linear") ? "linear" : "none");
        if (kind is "none" or "" || (kind == "linear" && factor == 1))
        {
            return;
        }

        json.WriteStartObject("rope_scaling");
        text.Add("type", kind is "linear" or "yarn" ? kind : throw fields.Unsupported("rope.scaling.type", "none, linear or yarn"));
        text.Add("factor", factor);
        if (kind == "yarn")
        {
            text.Add("original_max_position_embeddings", fields.Count("rope.scaling.original_context_length"));
            text.Add("beta_fast", fields.Number("rope.scaling.yarn_beta_fast", 32));
            text.Add("beta_slow", fields.Number("rope.scaling.yarn_beta_slow", 1));
            if (mscale is { } scale)
            {
                text.Add("mscale", scale);
                text.Add("mscale_all_dim", scale);
                if (scale == 0)
                {
                    text.Add("attention_factor", 1.0);
                }
            }
            else if (fields.Has("rope.scaling.attn_factor"))
            {
                text.Add("attention_factor", fields.Number("rope.scaling.attn_factor") * (1 + (0.1 * Math.Log(factor))));
            }
        }

        json.WriteEndObject();
    }

    /// <summary>Refuses any other value; absent is fine.</summary>
    internal static void Only(GgufFields fields, string name, int supported)
    {
        if (fields.Count(name, supported) != supported)
        {
            throw fields.Unsupported(name, FormattableString.Invariant($"{supported}"));
        }
    }
}
