using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Text;

namespace Razum.Tests.Training;

/// <summary>A model folder laid out like the published R1-Distill-Qwen (qwen2: grouped-query attention, biases on q, k and v, its own head), random and tiny.</summary>
internal static class TinyQwen
{
    /// <summary>Rows of 256 values: whole blocks of every format.</summary>
    public const string Config = """
        {
          "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 1, "hidden_act": "silu",
          "hidden_size": 256, "initializer_range": 0.02, "intermediate_size": 256, "max_position_embeddings": 256, "max_window_layers": 2,
          "num_attention_heads": 4, "num_hidden_layers": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 10000, "sliding_window": 4096,
          "tie_word_embeddings": false, "torch_dtype": "bfloat16", "use_cache": true, "use_mrope": false, "use_sliding_window": false, "vocab_size": 272
        }
        """;

    /// <summary>Writes a model of that config, of any family, with random BF16 weights and the byte tokenizer.</summary>
    public static void Write(string folder, string config = Config)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
        ByteTokenizer.Write(folder);
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        foreach (Weight weight in new Decoder(ModelConfigReader.Parse(config), new RandomParameters(1, 0.05f)).Parameters)
        {
            writer.Add(weight, ElementType.BF16);
        }

        writer.Save(Path.Combine(folder, "model.safetensors"));
    }
}
