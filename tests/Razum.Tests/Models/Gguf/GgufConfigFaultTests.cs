using Razum.Models;
using Razum.Models.Gguf;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Tests.Models.Gguf;

/// <summary>Metadata that no model can be made of: one line with file, key and fault.</summary>
public sealed class GgufConfigFaultTests
{
    private static readonly (string Key, object Value)[] s_llama =
    [
        ("general.architecture", "llama"), ("llama.block_count", 1u), ("llama.context_length", 64u), ("llama.embedding_length", 8u),
        ("llama.feed_forward_length", 16u), ("llama.attention.head_count", 2u), ("llama.attention.layer_norm_rms_epsilon", 1e-5f),
    ];

    public static TheoryData<string, object?, string> Faults => new()
    {
        { "general.architecture", null, "general.architecture: missing" },
        { "general.architecture", "mamba", "general.architecture: mamba is not supported, only llama" },
        { "llama.block_count", null, "llama.block_count: missing" },
        { "llama.block_count", 4_000_000_000u, "llama.block_count: expected a whole number of at least 0, found 4000000000" },
        { "llama.block_count", 2_000_000_000u, "llama.block_count: expected a whole number up to 10000" },
        { "llama.attention.head_count", "two", "llama.attention.head_count: expected a whole number of at least 0, found two" },
        { "llama.attention.head_count", 0u, "num_attention_heads: expected a whole number of at least 1" },
        { "llama.attention.value_length", 5u, "llama.attention.value_length: 5 is not supported, only 4" },
        { "llama.attention.layer_norm_rms_epsilon", float.NaN, "llama.attention.layer_norm_rms_epsilon: expected a number" },
        { "llama.expert_count", 8u, "llama.expert_count: 8 is not supported, only 0" },
        { "llama.rope.scaling.type", "longrope", "llama.rope.scaling.type: longrope is not supported, only none, linear or yarn" },
        { "llama.attention.sliding_window", 4096u, "llama.attention.sliding_window: 4096 is not supported, only 0" },
    };

    [Fact]
    public void Without_faults_it_is_read()
    {
        using TemporaryFolder folder = new();
        using GgufModel model = Write(folder, null, null);
        ModelConfig config = GgufConfig.Read(model);
        Assert.Equal(("llama", 1, 8, 4), (config.ModelType, config.NumHiddenLayers, config.HiddenSize, ((GqaConfig)config.Attention).HeadDim));
        Assert.Contains("blk.0.attn_norm.weight (model.layers.0.input_layernorm.weight) is missing", Assert.Throws<InvalidDataException>(
            () => new Decoder(config, new GgufParameters(model, config))).Message);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_is_one_line_with_its_key(string key, object? value, string expected)
    {
        using TemporaryFolder folder = new();
        using GgufModel model = Write(folder, key, value);
        string message = Assert.Throws<InvalidDataException>(() => GgufConfig.Read(model)).Message;
        Assert.StartsWith(model.Path + ": ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
    }

    private static GgufModel Write(TemporaryFolder folder, string? key, object? value)
    {
        GgufWriter writer = new();
        foreach ((string name, object known) in s_llama)
        {
            if (name != key)
            {
                writer.Set(name, known);
            }
        }

        if (key is not null && value is not null)
        {
            writer.Set(key, value);
        }

        writer.Add("token_embd.weight", GgmlType.F32, [8, 4], stream => stream.Write(new byte[8 * 4 * sizeof(float)]));
        writer.Save(folder.File("model.gguf"));
        return new GgufModel(folder.File("model.gguf"));
    }
}
