using System.Text.Json.Nodes;
using Razum.Models;

namespace Razum.Tests.Models;

/// <summary>Values that a config must not have: each is refused in one line that names the field.</summary>
public sealed class ModelConfigFaultTests
{
    /// <summary>Case, field (with its path), the JSON put there (null removes it), text that the message must hold.</summary>
    public static TheoryData<string, string, string?, string> Faults() => new()
    {
        { "llama", "model_type", "\"mamba\"", "model_type: \"mamba\" is not supported, only llama, qwen2, qwen2_moe, qwen3, qwen3_moe, deepseek_v2, deepseek_v3, deepseek_v32, kimi_k2" },
        { "llama", "model_type", null, "model_type: missing" },
        { "llama", "hidden_act", "\"gelu\"", "hidden_act: \"gelu\" is not supported" },
        { "llama", "rope_scaling.lo\u007fw", "1", "rope_scaling.lo\\u007fw: 1 is not supported" },
        { "llama", "pretraining_tp", "2", "pretraining_tp: 2 is not supported" },
        { "llama", "hidden_size", "0", "hidden_size: expected a whole number of at least 1, found 0" },
        { "llama", "hidden_size", "-4", "hidden_size: expected a whole number" },
        { "llama", "hidden_size", "56.5", "hidden_size: expected a whole number" },
        { "llama", "hidden_size", "\"56\"", "hidden_size: expected a whole number of at least 1, found \"56\"" },
        { "llama", "hidden_size", "100000000000", "hidden_size: expected a whole number" },
        { "llama", "hidden_size", "55", "head_dim: missing" },
        { "llama", "vocab_size", "2000000000", "vocab_size x hidden_size: 112000000000 is too large" },
        { "llama", "vocab_size", null, "vocab_size: missing" },
        { "llama", "num_hidden_layers", "2000000000", "num_hidden_layers: expected a whole number from 1 to" },
        { "llama", "num_attention_heads", "0", "num_attention_heads: expected" },
        { "llama", "num_key_value_heads", "3", "num_key_value_heads: expected a divisor" },
        { "llama", "head_dim", "13", "head_dim: expected an even number" },
        { "llama", "head_dim", "1000000000", "num_attention_heads x head_dim x hidden_size:" },
        { "llama", "rms_norm_eps", "0", "rms_norm_eps: expected a number above 0" },
        { "llama", "rms_norm_eps", "1e-60", "rms_norm_eps: expected a number above 0" },
        { "llama", "rms_norm_eps", "\"x\"", "rms_norm_eps: expected a number" },
        { "llama", "partial_rotary_factor", "0.5", "partial_rotary_factor: 0.5 is not supported" },
        { "llama", "rope_theta", "1", "rope_theta: expected a number above 1" },
        { "llama", "rope_theta", "1e999", "rope_theta: expected a number" },
        { "llama", "rope_scaling", "7", "rope_scaling: expected an object" },
        { "llama", "rope_scaling.rope_type", "\"dynamic\"", "rope_scaling.rope_type: \"dynamic\" is not supported, only default, linear, llama3 or yarn" },
        { "llama", "rope_scaling.rope_type", null, "rope_scaling.rope_type: missing" },
        { "llama", "rope_scaling.factor", "\"x\"", "rope_scaling.factor: expected a number of at least 1, found \"x\"" },
        { "llama", "rope_scaling.factor", null, "rope_scaling.factor: missing" },
        { "llama", "rope_scaling.high_freq_factor", "1", "rope_scaling.high_freq_factor: expected a number above low_freq_factor" },
        { "llama", "rope_scaling.type", "\"yarn\"", "rope_scaling.type: \"yarn\" is not supported" },
        { "llama", "rope_scaling.short_factor", "[1]", "rope_scaling.short_factor: [1] is not supported" },
        { "llama", "rope_parameters", "{}", "rope_parameters: {} is not supported" },
        { "llama", "quantization_config", "{\"quant_method\":\"fp8\"}", "quantization_config.weight_block_size: nothing is not supported" },
        { "llama", "sliding_window", "4096", "sliding_window: 4096 is not supported" },
        { "llama", "tie_word_embeddings", "1", "tie_word_embeddings: expected true or false, found 1" },
        { "llama", "eos_token_id", "[1,\"a\"]", "eos_token_id: expected a list" },
        { "llama", "layer_types", "[\"full_attention\"]", "layer_types:" },
        { "llama", "attn_logit_softcapping", "50.0", "attn_logit_softcapping:" },
        { "qwen2", "use_mrope", "true", "use_mrope: true is not supported" },
        { "qwen2", "mlp_bias", "true", "mlp_bias: true is not supported" },
        { "qwen2-sliding-window", "sliding_window", "null", "sliding_window: missing" },
        { "qwen2-sliding-window", "max_window_layers", null, "max_window_layers: missing" },
        { "qwen2-moe", "use_sliding_window", "true", "use_sliding_window: true is not supported" },
        { "qwen2-moe", "num_experts_per_tok", "7", "num_experts_per_tok: expected a whole number from 1 to 6" },
        { "qwen2-moe", "decoder_sparse_step", "0", "decoder_sparse_step: expected" },
        { "qwen2-moe", "mlp_only_layers", "[-1]", "mlp_only_layers: expected a list" },
        { "qwen3", "head_dim", null, "head_dim: missing" },
        { "qwen3-moe", "use_sliding_window", "true", "use_sliding_window: true is not supported" },
        { "qwen3-moe", "num_experts", "100000000", "num_experts: expected a whole number from 1 to" },
        { "deepseek-v3", "attention_bias", "true", "attention_bias: true is not supported" },
        { "deepseek-v3", "moe_layer_freq", "2", "moe_layer_freq: 2 is not supported" },
        { "deepseek-v3", "scoring_func", "\"tanh\"", "scoring_func: \"tanh\" is not supported, only sigmoid" },
        { "deepseek-v3", "topk_method", "\"greedy\"", "topk_method: \"greedy\" is not supported, only noaux_tc" },
        { "deepseek-v3", "num_nextn_predict_layers", "2", "num_nextn_predict_layers: 2 is not supported, only 0 or 1" },
        { "deepseek-v3", "n_group", "5", "n_group: expected a divisor" },
        { "deepseek-v3", "n_group", "12", "n_group: expected a divisor" },
        { "deepseek-v3", "topk_group", "5", "topk_group: expected at most n_group" },
        { "deepseek-v3", "num_experts_per_tok", "9", "num_experts_per_tok: expected at most the" },
        { "deepseek-v3", "num_key_value_heads", "1", "num_key_value_heads: 1 is not supported" },
        { "deepseek-v3", "qk_rope_head_dim", "5", "qk_rope_head_dim: expected an even number" },
        { "deepseek-v3", "kv_lora_rank", "1000000000", "kv_lora_rank" },
        { "deepseek-v3", "routed_scaling_factor", "0", "routed_scaling_factor: expected" },
        { "deepseek-v3", "rope_scaling.truncate", "false", "rope_scaling.truncate: false is not supported" },
        { "deepseek-v3", "rope_scaling.beta_fast", "0", "rope_scaling.beta_fast: expected" },
        { "deepseek-v3", "rope_scaling.original_max_position_embeddings", null, "rope_scaling.original_max_position_embeddings: missing" },
        { "deepseek-v32", "q_lora_rank", null, "q_lora_rank: missing" },
        { "deepseek-v32", "index_topk", null, "index_topk: missing" },
        { "deepseek-v32", "index_topk", "0", "index_topk: expected a whole number of at least 1" },
        { "deepseek-v32", "index_head_dim", "1", "index_head_dim: expected at least qk_rope_head_dim (" },
        { "deepseek-v32", "index_head_dim", "2147483647", "index_n_heads x index_head_dim x q_lora_rank:" },
        { "deepseek-v32", "index_n_heads", "\"x\"", "index_n_heads: expected a whole number" },
        { "deepseek-v2", "norm_topk_prob", "true", "norm_topk_prob: true is not supported" },
        { "deepseek-v2", "topk_method", "\"noaux_tc\"", "topk_method: \"noaux_tc\" is not supported, only greedy or group_limited_greedy" },
        { "deepseek-v2", "num_nextn_predict_layers", "1", "num_nextn_predict_layers: 1 is not supported" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_bad_value_is_refused_by_name(string name, string field, string? json, string expected)
    {
        JsonObject config = ModelConfigTests.Config(name);
        string[] path = field.Split('.');
        JsonObject target = path.Length == 2 ? config[path[0]]!.AsObject() : config;
        if (json is null)
        {
            Assert.True(target.Remove(path[^1]));
        }
        else
        {
            target[path[^1]] = JsonNode.Parse(json);
        }

        string fault = Assert.Throws<InvalidDataException>(() => ModelConfigReader.Parse(config.ToJsonString())).Message;
        Assert.StartsWith("config.json: ", fault, StringComparison.Ordinal);
        Assert.Contains(expected, fault, StringComparison.Ordinal);
        Assert.DoesNotContain(fault, char.IsControl);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"model_type\":\"llama\",\"model_type\":\"llama\"}")]
    [InlineData("{\"model_type\":\"\\ud800\"}")]
    [InlineData("{\"model_type\":\n\"a\nb\"}")]
    [InlineData("{\"model_type\":\"lla\u007fma\"}")]
    [InlineData("{\"model_type\":nu\u0016l}")]
    public void Text_that_is_no_config_is_refused_in_one_line(string text)
    {
        string fault = Assert.Throws<InvalidDataException>(() => ModelConfigReader.Parse(text)).Message;
        Assert.StartsWith("config.json: ", fault, StringComparison.Ordinal);
        Assert.DoesNotContain(fault, char.IsControl);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("config.json: no such file", Assert.Throws<InvalidDataException>(() => ModelConfigReader.Read(Path.GetTempPath())).Message, StringComparison.Ordinal);
}
