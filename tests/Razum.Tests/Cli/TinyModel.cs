using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Text;

namespace Razum.Tests.Cli;

/// <summary>A complete model folder with random weights: what it says is noise, but every file is there and everything runs.</summary>
internal static class TinyModel
{
    public const string Config = """
        {
          "model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"], "hidden_act": "silu", "hidden_size": 32, "num_hidden_layers": 2,
          "intermediate_size": 48, "vocab_size": 272, "rms_norm_eps": 1e-6, "max_position_embeddings": 128, "tie_word_embeddings": false,
          "attention_bias": false, "num_attention_heads": 2, "num_key_value_heads": 2, "q_lora_rank": null, "kv_lora_rank": 16,
          "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 8, "rope_theta": 10000, "rope_scaling": null,
          "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "n_shared_experts": 1, "n_group": 1, "topk_group": 1,
          "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 1.0, "first_k_dense_replace": 1,
          "moe_layer_freq": 1, "num_nextn_predict_layers": 0, "bos_token_id": 0, "eos_token_id": 1
        }
        """;

    /// <summary>Writes the model, or one of another shape, into <paramref name="folder"/>.</summary>
    public static void Write(string folder, string config = Config)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{ "temperature": 0.8 }""");
        ByteTokenizer.Write(folder);
        var writer = new SafetensorsWriter();
        foreach (Weight weight in new Decoder(ModelConfigReader.Parse(config), new RandomParameters(1, 0.2f)).Parameters)
        {
            writer.Add(weight, ElementType.F32);
        }

        writer.Save(Path.Combine(folder, "model.safetensors"));
    }
}
