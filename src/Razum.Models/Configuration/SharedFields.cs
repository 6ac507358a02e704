namespace Razum.Models.Configuration;

/// <summary>Reads what every family has, and refuses what none supports.</summary>
internal static class SharedFields
{
    /// <summary>No model comes near; a larger number is a damaged file.</summary>
    public const int MostLayers = 10_000;

    public static ModelConfig Read(ConfigFields fields, string modelType, AttentionConfig attention, RopeConfig rope)
    {
        RefuseUnsupported(fields);
        if (attention is not MlaConfig { Indexer: not null })
        {
            fields.Never("index_topk");
        }

        ModelConfig config = new()
        {
            ModelType = modelType,
            VocabSize = fields.Size("vocab_size"),
            HiddenSize = fields.Size("hidden_size"),
            NumHiddenLayers = fields.Size("num_hidden_layers", most: MostLayers),
            IntermediateSize = fields.Size("intermediate_size"),
            RmsNormEps = (float)fields.Positive("rms_norm_eps", 1e-6),
            MaxPositionEmbeddings = fields.Size("max_position_embeddings"),
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", false),
            PowerOfTwoScales = fields.Object("quantization_config") is { } quantised && quantised.Has("scale_fmt") && quantised.Text("scale_fmt") == "ue8m0",
            InitializerRange = (float)fields.Positive("initializer_range", 0.02),
            Rope = rope,
            Attention = attention,
            BosTokenId = fields.Has("bos_token_id") ? fields.Count("bos_token_id") : null,
            EosTokenIds = fields.Ids("eos_token_id"),
        };
        fields.Product("vocab_size x hidden_size", config.VocabSize, config.HiddenSize);
        return config;
    }

    /// <summary>Weights may be E4M3 with a factor for every 128 x 128 values (architecture notes 1.7); rounding activations too is up to the engine.</summary>
    private static void RefuseQuantization(ConfigFields? fields)
    {
        if (fields is null)
        {
            return;
        }

        if (fields.Text("quant_method") != "fp8")
        {
            throw fields.Unsupported("quant_method", "fp8");
        }

        fields.Only("fmt", "e4m3");
        fields.Only("activation_scheme", "dynamic");
        if (!fields.Ids("weight_block_size").SequenceEqual([128, 128]))
        {
            throw fields.Unsupported("weight_block_size", "[128, 128]");
        }

        fields.Only("scale_fmt", "float", "ue8m0");
    }

    /// <summary>Fields that other models of these families' kind use to change the computation.</summary>
    private static void RefuseUnsupported(ConfigFields fields)
    {
        RefuseQuantization(fields.Object("quantization_config"));
        fields.Only("hidden_act", "silu", "swish");
        fields.Only("pretraining_tp", 1);
        fields.Only("use_mrope", false);
        fields.Only("is_encoder_decoder", false);
        fields.Only("embedding_multiplier", 1);
        fields.Only("residual_multiplier", 1);
        fields.Only("logits_scaling", 1);
        fields.Never("attention_multiplier");
        fields.Never("attn_logit_softcapping");
        fields.Never("final_logit_softcapping");
        fields.Never("attention_chunk_size");
    }
}
