using System.Text.Json;
using System.Text.Json.Nodes;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Tests.Models;

/// <summary>Configs of every golden model and of the published ones: they parse, and survive writing and reading.</summary>
[Trait("golden", "yes")]
public sealed class ModelConfigTests
{
    public static TheoryData<string> CaseNames() => [.. LanguageModelCase.Names];

    public static TheoryData<string> PublishedNames() => [.. Published().Select(p => p.Key)];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void A_golden_config_parses_and_survives_writing(string name)
    {
        string folder = Path.Combine(Goldens.Root, "lm", name);
        JsonNode text = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        ModelConfig config = ModelConfigReader.Read(folder);
        Assert.Equal((string?)text["model_type"], config.ModelType);
        Assert.Equal((int)text["hidden_size"]!, config.HiddenSize);
        SurvivesWriting(config);
    }

    [Theory]
    [MemberData(nameof(PublishedNames))]
    public void A_published_config_parses_and_survives_writing(string name)
    {
        JsonObject text = Published()[name]!["config"]!.AsObject();
        text.Remove("quantization_config"); // the weights' format, not the architecture
        SurvivesWriting(ModelConfigReader.Parse(text.ToJsonString()));
    }

    [Fact]
    public void Of_quantised_configs_only_those_of_E4M3_blocks_are_read()
    {
        foreach ((string _, JsonNode? model) in Published().Where(p => p.Value!["config"]!["quantization_config"] is not null))
        {
            if (model!["config"]!["quantization_config"]!["quant_method"]!.GetValue<string>() == "fp8")
            {
                ModelConfigReader.Parse(model["config"]!.ToJsonString());
                continue;
            }

            string fault = Assert.Throws<InvalidDataException>(() => ModelConfigReader.Parse(model!["config"]!.ToJsonString())).Message;
            Assert.Contains("config.json: quantization_config.", fault, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("deepseek-v3")]
    [InlineData("deepseek-v32")]
    public void The_written_keys_are_the_published_ones(string name)
    {
        using TemporaryFolder folder = new();
        string golden = Path.Combine(Goldens.Root, "lm", name);
        ModelConfigWriter.Write(folder.File("config.json"), ModelConfigReader.Read(golden), ElementType.BF16);
        JsonObject expected = JsonNode.Parse(File.ReadAllText(Path.Combine(golden, "config.json")))!.AsObject();
        JsonObject written = JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!.AsObject();
        Assert.Equal(expected.Select(p => p.Key).Order(StringComparer.Ordinal), written.Select(p => p.Key).Order(StringComparer.Ordinal));
        foreach ((string key, JsonNode? value) in expected)
        {
            Assert.True(Same(value, written[key]), $"{key}: {value?.ToJsonString()} was written as {written[key]?.ToJsonString()}");
        }
    }

    [Fact]
    public void Scaling_of_rope_is_read_from_old_and_new_fields()
    {
        JsonObject old = Config("llama");
        RopeConfig expected = ModelConfigReader.Parse(old.ToJsonString()).Rope;
        Assert.IsType<RopeScaling.Llama3>(expected.Scaling);
        JsonObject parameters = old["rope_scaling"]!.DeepClone().AsObject();
        parameters["rope_theta"] = old["rope_theta"]!.DeepClone();
        old.Remove("rope_scaling");
        old.Remove("rope_theta");
        old["rope_parameters"] = parameters;
        Assert.Equal(expected, ModelConfigReader.Parse(old.ToJsonString()).Rope);
    }

    [Fact]
    public void Yarn_scales_the_softmax_of_latent_attention_only()
    {
        JsonObject latent = Config("deepseek-v3");
        var yarn = Assert.IsType<RopeScaling.Yarn>(ModelConfigReader.Parse(latent.ToJsonString()).Rope.Scaling);
        Assert.Equal((1.0, null), (yarn.MscaleAllDim, yarn.AttentionFactor));
        JsonObject grouped = Config("llama");
        grouped["rope_scaling"] = JsonNode.Parse("""{ "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64 }""");
        yarn = Assert.IsType<RopeScaling.Yarn>(ModelConfigReader.Parse(grouped.ToJsonString()).Rope.Scaling);
        Assert.Equal((0.0, (0.1 * Math.Log(4)) + 1), (yarn.MscaleAllDim, yarn.AttentionFactor));
    }

    internal static JsonObject Config(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Goldens.Root, "lm", name, "config.json")))!.AsObject();

    internal static JsonObject Published() => JsonNode.Parse(File.ReadAllText(Path.Combine(Goldens.Root, "lm", "params.json")))!["models"]!.AsObject();

    private static void SurvivesWriting(ModelConfig config)
    {
        using TemporaryFolder folder = new();
        ModelConfigWriter.Write(folder.File("config.json"), config, ElementType.F32);
        Assert.Equivalent(config, ModelConfigReader.Read(folder.Path), strict: true);
        Assert.Equal(["config.json"], Directory.EnumerateFiles(folder.Path).Select(f => Path.GetFileName(f)));
    }

    // Numbers by value: 40 and 40.0 are the same.
    private static bool Same(JsonNode? a, JsonNode? b)
    {
        if (a is JsonObject left && b is JsonObject right)
        {
            return left.Count == right.Count && left.All(p => Same(p.Value, right[p.Key]));
        }

        return a?.GetValueKind() == JsonValueKind.Number && b?.GetValueKind() == JsonValueKind.Number
            ? a.AsValue().GetValue<double>() == b.AsValue().GetValue<double>()
            : JsonNode.DeepEquals(a, b);
    }
}
