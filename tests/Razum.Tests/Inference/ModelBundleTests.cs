using Razum.Inference;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Text;

namespace Razum.Tests.Inference;

/// <summary>A whole model folder: written, loaded, talked to; and what is said when something in it is wrong.</summary>
public sealed class ModelBundleTests : IDisposable
{
    private const string Config =
        """
        {
          "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "vocab_size": 272, "hidden_size": 16, "intermediate_size": 24,
          "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
          "rope_theta": 10000, "tie_word_embeddings": true, "eos_token_id": 1, "initializer_range": 0.02, "torch_dtype": "bfloat16"
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("razum-model-").FullName;

    public ModelBundleTests()
    {
        Write("config.json", Config);
        ByteTokenizer.Write(_folder);
        Decoder decoder = new(ModelConfigReader.Parse(Config), new RandomParameters(1, 0.3f));
        SafetensorsWriter writer = new();
        foreach (var weight in decoder.Parameters)
        {
            writer.Add(weight, ElementType.BF16);
        }

        writer.Save(Path.Combine(_folder, "model.safetensors"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task AFolderCanBeTalkedTo()
    {
        using ModelBundle bundle = ModelBundle.Load(_folder);
        Assert.Equal(new ModelInfo(Path.GetFileName(_folder), 272, 64, bundle.Info.EndTokens), bundle.Info);
        Assert.Equal([1], bundle.Info.EndTokens);
        await using Engine engine = new(bundle, new EngineOptions { Threads = 1 });
        ChatOptions chat = new();
        GenerationRequest request = new()
        {
            Prompt = bundle.Tokenizer.Encode(bundle.Template.Render([new ChatMessage("user", "hi")], chat)),
            StartsInReasoning = bundle.Template.StartsInReasoning(chat),
            Sampling = new SamplingOptions { Seed = 1 },
            MaxTokens = 20,
        };
        Answer answer = await Answer.Collect(engine, request, TestContext.Current.CancellationToken);
        Assert.InRange(answer.Usage!.CompletionTokens, 1, 20);
        Assert.Equal(answer.Usage.CompletionTokens, answer.Ids.Length);
    }

    [Fact]
    public void MatricesOfLinearLayersAreQuantisedWhileLoading()
    {
        Write("config.json", Config.Replace("\"hidden_size\": 16", "\"hidden_size\": 32", StringComparison.Ordinal));
        Decoder decoder = new(ModelConfigReader.Read(_folder), new RandomParameters(1, 0.3f));
        SafetensorsWriter writer = new();
        foreach (var weight in decoder.Parameters)
        {
            writer.Add(weight, ElementType.BF16);
        }

        writer.Save(Path.Combine(_folder, "model.safetensors"));
        using ModelBundle bundle = ModelBundle.Load(_folder, WeightFormat.Q4_K);

        // 32 columns are too few for Q4_K, the 24 of the last projection for any; the embedding, which is the head too, stays.
        Dictionary<string, WeightFormat> formats = bundle.Decoder.Parameters.ToDictionary(w => w.Name, w => w.Format);
        Assert.Equal(WeightFormat.Q8_0, formats["model.layers.0.self_attn.q_proj.weight"]);
        Assert.Equal(WeightFormat.Q8_0, formats["model.layers.0.mlp.gate_proj.weight"]);
        Assert.Equal(WeightFormat.BF16, formats["model.layers.0.mlp.down_proj.weight"]);
        Assert.Equal(WeightFormat.BF16, formats["model.embed_tokens.weight"]);
        Assert.Equal(WeightFormat.F32, formats["model.norm.weight"]);
    }

    [Fact]
    public void GenerationConfigGivesDefaults()
    {
        Write("generation_config.json", """{"do_sample": true, "temperature": 0.6, "top_p": 0.95, "top_k": -1, "eos_token_id": [1, 5], "transformers_version": "4.1"}""");
        using ModelBundle bundle = ModelBundle.Load(_folder);
        Assert.Equal(new SamplingOptions { Temperature = 0.6, TopP = 0.95 }, bundle.Defaults.Sampling);
        Assert.Equal([1, 5], bundle.Info.EndTokens);
    }

    [Theory]
    [InlineData("""{"temperature": "hot"}""", "generation_config.json: temperature: expected a number")]
    [InlineData("""{"top_p": 7}""", "generation_config.json: TopP 7 must be between 0 and 1")]
    [InlineData("""{"eos_token_id": [1, 272]}""", "generation_config.json: eos_token_id: expected token ids below 272")]
    [InlineData("""[1]""", "generation_config.json: expected an object")]
    [InlineData("""{"top_p": """, "generation_config.json: not valid JSON")]
    public void FaultsInGenerationConfigAreNamed(string json, string message)
    {
        Write("generation_config.json", json);
        Refuses(message);
    }

    [Theory]
    [InlineData("config.json", "config.json: no such file")]
    [InlineData("tokenizer.json", "tokenizer.json: no such file")]
    [InlineData("model.safetensors", "neither model.safetensors nor")]
    public void MissingFilesAreNamed(string file, string message)
    {
        File.Delete(Path.Combine(_folder, file));
        Refuses(message);
    }

    [Fact]
    public void AVocabularyLargerThanTheEmbeddingIsRefused()
    {
        ModelConfig config = ModelConfigReader.Parse(Config.Replace("272", "200", StringComparison.Ordinal));
        Decoder decoder = new(config, new RandomParameters(1, 0.02f));
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => new ModelBundle("small", decoder, TestTokenizer.Instance));
        Assert.Equal("small: the tokenizer has 266 tokens, more than vocab_size 200 of the model", fault.Message);
    }

    private void Refuses(string message)
    {
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => ModelBundle.Load(_folder));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder, file), text);
}
