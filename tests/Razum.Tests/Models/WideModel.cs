using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Tests.Models;

/// <summary>Two layers of latent attention and experts with rows of 256 and more, so that blocks of 256 values fit; random weights.</summary>
internal static class WideModel
{
    public const string Name = "wide, random";

    private const string Config = """
        {
          "model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"], "hidden_act": "silu", "hidden_size": 256, "num_hidden_layers": 2,
          "intermediate_size": 256, "vocab_size": 90, "rms_norm_eps": 1e-6, "max_position_embeddings": 128, "tie_word_embeddings": false,
          "attention_bias": false, "num_attention_heads": 2, "num_key_value_heads": 2, "q_lora_rank": null, "kv_lora_rank": 256,
          "qk_nope_head_dim": 32, "qk_rope_head_dim": 8, "v_head_dim": 16, "rope_theta": 10000, "rope_scaling": null,
          "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "n_shared_experts": 1, "n_group": 1, "topk_group": 1,
          "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 1.0, "first_k_dense_replace": 1,
          "moe_layer_freq": 1, "num_nextn_predict_layers": 0, "bos_token_id": 0, "eos_token_id": 1
        }
        """;

    public static Decoder Load(WeightFormat format, LatentAttentionForm form)
    {
        using WorkerPool pool = new(2);
        Decoder decoder = new(ModelConfigReader.Parse(Config), new QuantisedParameters(new RandomParameters(3, 0.05f), format, pool)) { LatentForm = form };
        Assert.Contains(decoder.Parameters, w => w.Format == format);
        return decoder;
    }
}
