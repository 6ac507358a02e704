using Razum.Tensors;

namespace Razum.Models.Configuration;

/// <summary>
/// Reads deepseek_v2 (Lite and full), deepseek_v3 (also R1 and Moonlight), kimi_k2, which is deepseek_v3 by another name, and deepseek_v32, which adds the
/// indexer of sparse attention: latent attention, routed and shared experts (architecture notes 1.2, 1.4, 1.10).
/// </summary>
internal static class DeepSeekFamily
{
    private const int MostExperts = 1 << 16;

    public static ModelConfig Read(ConfigFields fields, string modelType)
    {
        MlaConfig attention = ReadAttention(fields);
        if (modelType == "deepseek_v32")
        {
            attention = attention with { Indexer = ReadIndexer(fields, attention) };
        }

        RopeLayout layout = fields.Flag("rope_interleave", true) ? RopeLayout.Interleaved : RopeLayout.Half;
        ModelConfig config = SharedFields.Read(fields, modelType, attention, RopeFields.Read(fields, layout, scalesSoftmax: true)) with
        {
            Moe = fields.Has("n_routed_experts") ? ReadExperts(fields, v2: modelType == "deepseek_v2") : null,
            NumNextnPredictLayers = fields.Count("num_nextn_predict_layers", 0),
        };
        if (config.NumNextnPredictLayers > (modelType == "deepseek_v2" ? 0 : 1))
        {
            throw fields.Unsupported("num_nextn_predict_layers", modelType == "deepseek_v2" ? "0" : "0 or 1");
        }

        fields.Only("mlp_bias", false);
        CheckSizes(fields, config, attention);
        return config;
    }

    /// <summary>The fields of this family alone; <see cref="ModelConfigWriter"/> has written the shared ones.</summary>
    public static void Write(ConfigText text, ModelConfig config, MlaConfig attention)
    {
        text.Add("attention_bias", false);
        text.Add("num_key_value_heads", attention.NumAttentionHeads);
        text.Add("q_lora_rank", attention.QLoraRank);
        text.Add("kv_lora_rank", attention.KvLoraRank);
        text.Add("qk_nope_head_dim", attention.QkNopeHeadDim);
        text.Add("qk_rope_head_dim", attention.QkRopeHeadDim);
        text.Add("v_head_dim", attention.VHeadDim);
        if (attention.Indexer is { } indexer)
        {
            text.Add("index_head_dim", indexer.IndexHeadDim);
            text.Add("index_n_heads", indexer.IndexNHeads);
            text.Add("index_topk", indexer.IndexTopk);
        }

        text.Add("pretraining_tp", 1);
        if (config.Rope.Layout == RopeLayout.Half)
        {
            text.Add("rope_interleave", false);
        }

        if (config.ModelType != "deepseek_v2")
        {
            text.Add("num_nextn_predict_layers", config.NumNextnPredictLayers);
        }

        if (config.Moe is { } moe)
        {
            WriteExperts(text, config, moe);
        }
    }

    private static void WriteExperts(ConfigText text, ModelConfig config, MoeConfig moe)
    {
        int dense = moe.Layers.TakeWhile(sparse => !sparse).Count();
        if (moe.Layers.Skip(dense).Contains(false) || moe.SharedIntermediateSize % moe.MoeIntermediateSize != 0 || moe.SharedGate)
        {
            throw new ArgumentException($"{config.ModelType} has no fields for this order of layers or shared expert", nameof(config));
        }

        RouterShape router = moe.Router;
        bool v2 = config.ModelType == "deepseek_v2";
        text.Add("aux_loss_alpha", 0.001);
        text.Add("seq_aux", true);
        text.Add("ep_size", 1);
        text.Add("first_k_dense_replace", dense);
        text.Add("moe_intermediate_size", moe.MoeIntermediateSize);
        text.Add("moe_layer_freq", 1);
        text.Add("n_group", router.Groups);
        text.Add("topk_group", router.TopGroups);
        text.Add("n_routed_experts", router.Experts);
        text.Add("n_shared_experts", moe.SharedIntermediateSize / moe.MoeIntermediateSize);
        text.Add("num_experts_per_tok", router.TopK);
        text.Add("norm_topk_prob", router.Normalise);
        text.Add("routed_scaling_factor", router.ScalingFactor);
        text.Add("scoring_func", v2 ? "softmax" : "sigmoid");
        text.Add("topk_method", !v2 ? "noaux_tc" : router.Groups > 1 ? "group_limited_greedy" : "greedy");
    }

    private static MlaConfig ReadAttention(ConfigFields fields)
    {
        fields.Only("attention_bias", false);
        int heads = fields.Size("num_attention_heads");
        if (fields.Size("num_key_value_heads", heads) != heads)
        {
            throw fields.Unsupported("num_key_value_heads", $"num_attention_heads ({heads})");
        }

        int rotated = fields.Size("qk_rope_head_dim");
        return new MlaConfig
        {
            NumAttentionHeads = heads,
            QLoraRank = fields.OptionalSize("q_lora_rank"),
            KvLoraRank = fields.Size("kv_lora_rank"),
            QkNopeHeadDim = fields.Size("qk_nope_head_dim"),
            QkRopeHeadDim = rotated % 2 == 0 ? rotated : throw fields.Expected("qk_rope_head_dim", "an even number"),
            VHeadDim = fields.Size("v_head_dim"),
        };
    }

    private static IndexerConfig ReadIndexer(ConfigFields fields, MlaConfig attention)
    {
        if (attention.QLoraRank is null)
        {
            throw fields.Missing("q_lora_rank"); // the indexer reads the compressed query
        }

        int dim = fields.Size("index_head_dim");
        return new IndexerConfig
        {
            IndexHeadDim = dim >= attention.QkRopeHeadDim
                ? dim
                : throw fields.Expected("index_head_dim", $"at least qk_rope_head_dim ({attention.QkRopeHeadDim})"),
            IndexNHeads = fields.Size("index_n_heads"),
            IndexTopk = fields.Size("index_topk"),
        };
    }

    private static MoeConfig ReadExperts(ConfigFields fields, bool v2)
    {
        fields.Only("moe_layer_freq", 1);
        int layers = fields.Size("num_hidden_layers", most: SharedFields.MostLayers);
        int dense = fields.Count("first_k_dense_replace");
        int width = fields.Size("moe_intermediate_size");
        return new MoeConfig
        {
            Router = v2 ? ReadRouterV2(fields) : ReadRouterV3(fields),
            MoeIntermediateSize = width,
            SharedIntermediateSize = fields.Product("n_shared_experts x moe_intermediate_size", fields.Count("n_shared_experts", 0), width),
            CorrectionBias = !v2,
            Layers = [.. Enumerable.Range(0, layers).Select(i => i >= dense)],
        };
    }

    /// <summary>Softmax scores, no bias; groups by their best expert; the scaling factor applies to the softmax weights as they are.</summary>
    private static RouterShape ReadRouterV2(ConfigFields fields)
    {
        fields.Only("scoring_func", "softmax");
        fields.Only("topk_method", "greedy", "group_limited_greedy");

        // The published script leaves out the scaling of normalised weights, transformers ignores the field: no release uses it.
        fields.Only("norm_topk_prob", false);
        bool grouped = fields.Text("topk_method", "greedy") == "group_limited_greedy";
        return CheckGroups(fields, 1, new RouterShape(
            fields.Size("n_routed_experts", most: MostExperts),
            fields.Size("num_experts_per_tok"),
            RouterScore.Softmax,
            grouped ? fields.Size("n_group") : 1,
            grouped ? fields.Size("topk_group") : 1,
            GroupScore.Max,
            Normalise: false,
            (float)fields.Positive("routed_scaling_factor", 1)));
    }

    /// <summary>Sigmoid scores with the balancing bias; groups by their two best.</summary>
    private static RouterShape ReadRouterV3(ConfigFields fields)
    {
        fields.Only("scoring_func", "sigmoid");
        fields.Only("topk_method", "noaux_tc");
        return CheckGroups(fields, 2, new RouterShape(
            fields.Size("n_routed_experts", most: MostExperts),
            fields.Size("num_experts_per_tok"),
            RouterScore.Sigmoid,
            fields.Size("n_group", 1),
            fields.Size("topk_group", 1),
            GroupScore.TopTwoSum,
            Normalise: fields.Flag("norm_topk_prob", true),
            (float)fields.Positive("routed_scaling_factor")));
    }

    private static RouterShape CheckGroups(ConfigFields fields, int expertsPerScore, RouterShape router)
    {
        int size = router.Experts / router.Groups;
        if (router.Experts % router.Groups != 0 || (router.Groups > 1 && size < expertsPerScore))
        {
            throw fields.Expected("n_group", $"a divisor of n_routed_experts ({router.Experts}) that leaves at least {expertsPerScore} experts in a group");
        }

        if (router.TopGroups > router.Groups)
        {
            throw fields.Expected("topk_group", $"at most n_group ({router.Groups})");
        }

        return router.TopK <= router.TopGroups * size
            ? router
            : throw fields.Expected("num_experts_per_tok", $"at most the {router.TopGroups * size} experts of the groups kept");
    }

    private static void CheckSizes(ConfigFields fields, ModelConfig config, MlaConfig attention)
    {
        long heads = attention.NumAttentionHeads;
        long query = (long)attention.QkNopeHeadDim + attention.QkRopeHeadDim;
        long keyValue = (long)attention.QkNopeHeadDim + attention.VHeadDim;
        fields.Product("num_attention_heads x (qk_nope_head_dim + qk_rope_head_dim) x q_lora_rank", heads, query, attention.QLoraRank ?? config.HiddenSize);
        fields.Product("q_lora_rank x hidden_size", attention.QLoraRank ?? 1, config.HiddenSize);
        fields.Product(
            "(kv_lora_rank + qk_rope_head_dim) x hidden_size", (long)attention.KvLoraRank + attention.QkRopeHeadDim, config.HiddenSize);
        fields.Product("num_attention_heads x (qk_nope_head_dim + v_head_dim) x kv_lora_rank", heads, keyValue, attention.KvLoraRank);
        fields.Product("num_attention_heads x v_head_dim x hidden_size", heads, attention.VHeadDim, config.HiddenSize);
        fields.Product("intermediate_size x hidden_size", config.IntermediateSize, config.HiddenSize);
        if (attention.Indexer is { } indexer)
        {
            fields.Product("index_n_heads x index_head_dim x q_lora_rank", indexer.IndexNHeads, indexer.IndexHeadDim, attention.QLoraRank ?? 1);
            fields.Product("index_n_heads x hidden_size", indexer.IndexNHeads, config.HiddenSize);
            fields.Product(
                "(kv_lora_rank + qk_rope_head_dim + index_head_dim) x hidden_size",
                (long)attention.KvLoraRank + attention.QkRopeHeadDim + indexer.IndexHeadDim,
                config.HiddenSize);
        }

        if (config.NumNextnPredictLayers > 0)
        {
            fields.Product("2 x hidden_size x hidden_size", 2, config.HiddenSize, config.HiddenSize);
        }

        if (config.Moe is { } moe)
        {
            fields.Product("moe_intermediate_size x hidden_size", moe.MoeIntermediateSize, config.HiddenSize);
            fields.Product("n_shared_experts x moe_intermediate_size x hidden_size", moe.SharedIntermediateSize, config.HiddenSize);
            fields.Product("n_routed_experts x hidden_size", moe.Router.Experts, config.HiddenSize);
        }
    }
}
