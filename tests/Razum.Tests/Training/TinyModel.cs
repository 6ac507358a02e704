namespace Razum.Tests.Training;

/// <summary>A deepseek_v3 config small enough to train within a test: latent attention, experts, a prediction layer, the byte tokenizer's vocabulary.</summary>
internal static class TinyModel
{
    public const string Json = """
        {
          "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "vocab_size": 266, "hidden_size": 32, "intermediate_size": 48,
          "moe_intermediate_size": 16, "num_hidden_layers": 2, "num_nextn_predict_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2,
          "n_shared_experts": 1, "n_routed_experts": 4, "routed_scaling_factor": 1.4, "kv_lora_rank": 16, "q_lora_rank": null, "qk_rope_head_dim": 8,
          "v_head_dim": 8, "qk_nope_head_dim": 8, "topk_method": "noaux_tc", "n_group": 1, "topk_group": 1, "num_experts_per_tok": 2,
          "moe_layer_freq": 1, "first_k_dense_replace": 1, "norm_topk_prob": true, "scoring_func": "sigmoid", "hidden_act": "silu",
          "max_position_embeddings": 128, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "rope_scaling": null,
          "attention_bias": false, "tie_word_embeddings": false, "bos_token_id": 0, "eos_token_id": 1
        }
        """;
}
