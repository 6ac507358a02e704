using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Gguf;

/// <summary>The metadata of a GGUF file for a configuration: the way back of <see cref="GgufConfig"/>.</summary>
public static class GgufMetadata
{
    private const uint QuantisationVersion = 2;

    /// <summary>The <c>general.architecture</c> of a configuration.</summary>
    /// <exception cref="ArgumentException">There is none that is supported.</exception>
    public static string Architecture(ModelConfig config) => config.ModelType switch
    {
        "deepseek_v2" or "deepseek_v3" or "kimi_k2" => "deepseek2",
        "deepseek_v32" => throw new ArgumentException("deepseek_v32 cannot be written as GGUF: its indexer has no names there"),
        "qwen2_moe" => "qwen2moe",
        "qwen3_moe" => "qwen3moe",
        var type => type,
    };

    /// <summary>Says what the file's tensors are made of.</summary>
    public static void SetFileType(GgufWriter writer, Mixture mixture)
    {
        writer.Set("general.quantization_version", QuantisationVersion);
        writer.Set("general.file_type", (uint)mixture.FileType);
    }

    /// <summary>Adds the keys of the model; those of the tokenizer are another matter.</summary>
    public static void Write(GgufWriter writer, ModelConfig config, string name)
    {
        string architecture = Architecture(config);
        writer.Set("general.architecture", architecture);
        writer.Set("general.type", "model");
        writer.Set("general.name", name);
        int dense = config.Moe?.Layers.TakeWhile(sparse => !sparse).Count() ?? 0;
        Set("block_count", config.NumHiddenLayers + config.NumNextnPredictLayers);
        Set("context_length", config.MaxPositionEmbeddings);
        Set("embedding_length", config.HiddenSize);
        Set("feed_forward_length", config.IntermediateSize);
        Set("attention.head_count", config.Attention.NumAttentionHeads);
        Set("attention.layer_norm_rms_epsilon", config.RmsNormEps);
        Set("rope.freq_base", (float)config.Rope.Theta);
        Set("vocab_size", config.VocabSize);
        if (config.NumNextnPredictLayers > 0)
        {
            Set("nextn_predict_layers", config.NumNextnPredictLayers);
        }

        WriteAttention();
        WriteScaling();
        if (config.Moe is { } moe)
        {
            WriteExperts(moe);
        }

        void Set(string key, object value) => writer.Set($"{architecture}.{key}", value is int whole ? (uint)whole : value);

        void WriteAttention()
        {
            switch (config.Attention)
            {
                case GqaConfig { SlidingWindow: > 0 }:
                    throw new ArgumentException("GGUF has no keys for attention windows of this family", nameof(config));
                case GqaConfig gqa:
                    Set("attention.head_count_kv", gqa.NumKeyValueHeads);
                    Set("attention.key_length", gqa.HeadDim);
                    Set("attention.value_length", gqa.HeadDim);
                    Set("rope.dimension_count", gqa.HeadDim);
                    break;
                case MlaConfig mla:
                    Set("attention.head_count_kv", 1);
                    Set("attention.key_length", mla.KvLoraRank + mla.QkRopeHeadDim);
                    Set("attention.value_length", mla.KvLoraRank);
                    Set("attention.key_length_mla", mla.QkNopeHeadDim + mla.QkRopeHeadDim);
                    Set("attention.value_length_mla", mla.VHeadDim);
                    Set("attention.kv_lora_rank", mla.KvLoraRank);
                    Set("rope.dimension_count", mla.QkRopeHeadDim);
                    if (mla.QLoraRank is { } rank)
                    {
                        Set("attention.q_lora_rank", rank);
                    }

                    break;
            }
        }

        void WriteScaling()
        {
            switch (config.Rope.Scaling)
            {
                case RopeScaling.Linear linear:
                    Set("rope.scaling.type", "linear");
                    Set("rope.scaling.factor", (float)linear.Factor);
                    break;
                case RopeScaling.Yarn yarn:
                    Set("rope.scaling.type", "yarn");
                    Set("rope.scaling.factor", (float)yarn.Factor);
                    Set("rope.scaling.original_context_length", yarn.OriginalMaxPositionEmbeddings);
                    Set("rope.scaling.yarn_beta_fast", (float)yarn.BetaFast);
                    Set("rope.scaling.yarn_beta_slow", (float)yarn.BetaSlow);
                    if (config.Attention is MlaConfig)
                    {
                        Set("rope.scaling.yarn_log_multiplier", (float)(0.1 * yarn.MscaleAllDim));
                    }

                    break;
            }
        }

        void WriteExperts(MoeConfig moe)
        {
            Set("expert_count", moe.Router.Experts);
            Set("expert_used_count", moe.Router.TopK);
            Set("expert_feed_forward_length", moe.MoeIntermediateSize);
            Set("expert_weights_norm", moe.Router.Normalise);
            if (config.Attention is not MlaConfig)
            {
                if (moe.SharedIntermediateSize > 0)
                {
                    Set("expert_shared_feed_forward_length", moe.SharedIntermediateSize);
                }

                return;
            }

            Set("leading_dense_block_count", dense);
            Set("expert_group_count", moe.Router.Groups);
            Set("expert_group_used_count", moe.Router.TopGroups);
            Set("expert_gating_func", moe.Router.Score == RouterScore.Softmax ? 1 : 2);
            Set("expert_weights_scale", moe.Router.ScalingFactor);
            Set("expert_shared_count", moe.SharedIntermediateSize / moe.MoeIntermediateSize);
        }
    }
}
