using Razum.Tensors;

namespace Razum.Models.Configuration;

/// <summary>Reads llama, qwen2, qwen2_moe, qwen3 and qwen3_moe: grouped-query attention, pairs of rotated columns in halves.</summary>
internal static class GroupedQueryFamily
{
    private const int MostExperts = 1 << 16;

    public static ModelConfig Read(ConfigFields fields, string modelType)
    {
        bool llama = modelType == "llama";
        bool moe = modelType is "qwen2_moe" or "qwen3_moe";
        GqaConfig attention = ReadAttention(fields, modelType);
        ModelConfig config = SharedFields.Read(fields, modelType, attention, RopeFields.Read(fields, RopeLayout.Half, scalesSoftmax: false)) with
        {
            MlpBias = llama && fields.Flag("mlp_bias", false),
            Moe = moe ? ReadExperts(fields, modelType) : null,
        };
        if (!llama)
        {
            fields.Only("mlp_bias", false);
        }

        CheckLayerTypes(fields, config, attention);
        CheckSizes(fields, config, attention);
        return config;
    }

    /// <summary>The fields of this family alone; <see cref="ModelConfigWriter"/> has written the shared ones.</summary>
    public static void Write(ConfigText text, ModelConfig config, GqaConfig attention)
    {
        text.Add("num_key_value_heads", attention.NumKeyValueHeads);
        text.Add("head_dim", attention.HeadDim);
        switch (config.ModelType)
        {
            case "llama":
                text.Add("mlp_bias", config.MlpBias);
                text.Add("attention_bias", attention.QkvBias);
                text.Add("pretraining_tp", 1);
                return;
            case "qwen2_moe":
                text.Add("qkv_bias", attention.QkvBias);
                break;
            case "qwen3" or "qwen3_moe":
                text.Add("attention_bias", attention.QkvBias);
                break;
        }

        text.Add("use_sliding_window", attention.SlidingWindow > 0);
        text.Add("sliding_window", attention.SlidingWindow > 0 ? attention.SlidingWindow : null);
        text.Add("max_window_layers", attention.FirstWindowLayer);
        if (config.Moe is { } moe)
        {
            text.Add("decoder_sparse_step", 1);
            text.Add("mlp_only_layers", [.. Enumerable.Range(0, moe.Layers.Count).Where(i => !moe.Layers[i])]);
            text.Add("moe_intermediate_size", moe.MoeIntermediateSize);
            text.Add("num_experts", moe.Router.Experts);
            text.Add("num_experts_per_tok", moe.Router.TopK);
            text.Add("norm_topk_prob", moe.Router.Normalise);
            if (moe.SharedGate)
            {
                text.Add("shared_expert_intermediate_size", moe.SharedIntermediateSize);
            }
        }
    }

    private static GqaConfig ReadAttention(ConfigFields fields, string modelType)
    {
        bool qwen3 = modelType is "qwen3" or "qwen3_moe";
        int heads = fields.Size("num_attention_heads");
        int kvHeads = fields.Size("num_key_value_heads", modelType == "llama" ? heads : null);
        if (heads % kvHeads != 0)
        {
            throw fields.Expected("num_key_value_heads", $"a divisor of num_attention_heads ({heads})");
        }

        int hidden = fields.Size("hidden_size");
        int? headDim = fields.OptionalSize("head_dim");
        if (headDim is null && (qwen3 || hidden % heads != 0))
        {
            throw fields.Missing("head_dim"); // qwen3's is never hidden_size / num_attention_heads by default
        }

        // A rotation needs pairs.
        if ((headDim ?? hidden / heads) % 2 != 0)
        {
            throw headDim is null ? fields.Expected("hidden_size", "an even number of columns per head") : fields.Expected("head_dim", "an even number");
        }

        bool attentionBias = modelType is "llama" or "qwen3" or "qwen3_moe" && fields.Flag("attention_bias", false);
        return new GqaConfig
        {
            NumAttentionHeads = heads,
            NumKeyValueHeads = kvHeads,
            HeadDim = headDim ?? hidden / heads,
            QkvBias = modelType switch
            {
                "qwen2" => true,
                "qwen2_moe" => fields.Flag("qkv_bias", true),
                _ => attentionBias,
            },
            OutputBias = attentionBias,
            QkNorm = qwen3,
            SlidingWindow = ReadWindow(fields, modelType),
            FirstWindowLayer = fields.Count("max_window_layers", 0),
        };
    }

    /// <summary>The window counts the token itself. Experts with a window exist in no release, and implementations disagree on which layers use it.</summary>
    private static int ReadWindow(ConfigFields fields, string modelType)
    {
        if (modelType is "qwen2_moe" or "qwen3_moe")
        {
            fields.Only("use_sliding_window", false);
        }

        if (modelType == "llama")
        {
            fields.Never("sliding_window");
            return 0;
        }

        if (!fields.Flag("use_sliding_window", false))
        {
            return 0;
        }

        if (!fields.Has("max_window_layers"))
        {
            throw fields.Missing("max_window_layers");
        }

        return fields.Size("sliding_window");
    }

    private static MoeConfig ReadExperts(ConfigFields fields, string modelType)
    {
        bool shared = modelType == "qwen2_moe";
        int experts = fields.Size("num_experts", most: MostExperts);
        int step = fields.Size("decoder_sparse_step", 1);
        IReadOnlyList<int> dense = fields.Ids("mlp_only_layers");
        int layers = fields.Size("num_hidden_layers", most: SharedFields.MostLayers);
        return new MoeConfig
        {
            Router = new RouterShape(
                experts,
                fields.Size("num_experts_per_tok", most: experts),
                RouterScore.Softmax,
                Groups: 1,
                TopGroups: 1,
                GroupScore.Max,
                Normalise: fields.Flag("norm_topk_prob", false),
                ScalingFactor: 1),
            MoeIntermediateSize = fields.Size("moe_intermediate_size"),
            SharedIntermediateSize = shared ? fields.Size("shared_expert_intermediate_size") : 0,
            SharedGate = shared,
            SharedName = "shared_expert",
            Layers = [.. Enumerable.Range(0, layers).Select(i => !dense.Contains(i) && (i + 1) % step == 0)],
        };
    }

    /// <summary>Newer files also name the attention of every layer; it must be what the window says.</summary>
    private static void CheckLayerTypes(ConfigFields fields, ModelConfig config, GqaConfig attention)
    {
        if (fields.Texts("layer_types") is not { } types)
        {
            return;
        }

        bool same = types.Count == config.NumHiddenLayers;
        for (int i = 0; same && i < types.Count; i++)
        {
            same = types[i] == (attention.SlidingWindow > 0 && i >= attention.FirstWindowLayer ? "sliding_attention" : "full_attention");
        }

        if (!same)
        {
            throw fields.Unsupported("layer_types", "what use_sliding_window and max_window_layers give");
        }
    }

    private static void CheckSizes(ConfigFields fields, ModelConfig config, GqaConfig attention)
    {
        fields.Product("num_attention_heads x head_dim x hidden_size", attention.NumAttentionHeads, attention.HeadDim, config.HiddenSize);
        fields.Product("intermediate_size x hidden_size", config.IntermediateSize, config.HiddenSize);
        if (config.Moe is { } moe)
        {
            fields.Product("moe_intermediate_size x hidden_size", moe.MoeIntermediateSize, config.HiddenSize);
            fields.Product("shared_expert_intermediate_size x hidden_size", moe.SharedIntermediateSize, config.HiddenSize);
            fields.Product("num_experts x hidden_size", moe.Router.Experts, config.HiddenSize);
        }
    }
}
