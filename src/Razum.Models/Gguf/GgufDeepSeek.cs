using System.Text.Json;
using Razum.Models.Configuration;

namespace Razum.Models.Gguf;

/// <summary>
/// The metadata of architecture deepseek2 as fields of a published config: DeepSeek-V2 (softmax routing) and V3 (sigmoid), Moonlight and Kimi K2. In files that
/// split <c>kv_b_proj</c> the plain lengths of keys and values are those of the cached latents, and those of heads have names of their own.
/// </summary>
internal static class GgufDeepSeek
{
    private const int Softmax = 1;
    private const int Sigmoid = 2;

    public static void Write(ConfigText text, Utf8JsonWriter json, GgufFields fields)
    {
        int rotated = fields.Count("rope.dimension_count");
        int keys = fields.Count("attention.key_length_mla", fields.Count("attention.key_length"));
        bool v3 = fields.Count("expert_gating_func", 0) switch
        {
            0 or Softmax => false,
            Sigmoid => true,
            _ => throw fields.Unsupported("expert_gating_func", "1 (softmax) or 2 (sigmoid)"),
        };
        text.Add("model_type", v3 ? "deepseek_v3" : "deepseek_v2");
        text.Add("kv_lora_rank", fields.Count("attention.kv_lora_rank"));
        if (fields.Count("attention.q_lora_rank", 0) is > 0 and var rank)
        {
            text.Add("q_lora_rank", rank);
        }

        text.Add("qk_rope_head_dim", rotated);
        text.Add("qk_nope_head_dim", keys > rotated ? keys - rotated : throw fields.Expected("attention.key_length", $"more than rope.dimension_count ({rotated})"));
        text.Add("v_head_dim", fields.Count("attention.value_length_mla", fields.Count("attention.value_length")));
        if (v3)
        {
            text.Add("num_nextn_predict_layers", fields.Count("nextn_predict_layers", 0));
        }

        if (fields.Count("expert_count", 0) > 0)
        {
            WriteExperts(text, fields, v3);
        }

        // The file has 0.1 times mscale_all_dim.
        GgufConfig.WriteScaling(json, text, fields, Math.Round(10 * fields.Number("rope.scaling.yarn_log_multiplier", 0), 6));
    }

    private static void WriteExperts(ConfigText text, GgufFields fields, bool v3)
    {
        int groups = fields.Count("expert_group_count", 1);
        text.Add("n_routed_experts", fields.Count("expert_count"));
        text.Add("num_experts_per_tok", fields.Count("expert_used_count"));
        text.Add("n_shared_experts", fields.Count("expert_shared_count", 0));
        text.Add("moe_intermediate_size", fields.Count("expert_feed_forward_length"));
        text.Add("first_k_dense_replace", fields.Count("leading_dense_block_count", 0));
        text.Add("n_group", Math.Max(1, groups));
        text.Add("topk_group", Math.Max(1, fields.Count("expert_group_used_count", 1)));
        text.Add("norm_topk_prob", fields.Flag("expert_weights_norm", false));
        double scale = fields.Number("expert_weights_scale", 1);
        text.Add("routed_scaling_factor", scale == 0 ? 1 : scale); // 0 stood for none in old files
        text.Add("scoring_func", v3 ? "sigmoid" : "softmax");
        text.Add("topk_method", v3 ? "noaux_tc" : groups > 1 ? "group_limited_greedy" : "greedy");
    }
}
