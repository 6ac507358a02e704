using System.Globalization;
using System.Text.Json.Nodes;
using Razum.Models;
using Razum.Tensors;

namespace Razum.Tests.Models;

/// <summary>Names, shapes and numbers of the parameters that the decoder asks for, against the published checkpoints.</summary>
public sealed class ParameterCountTests
{
    public static TheoryData<string> PublishedNames() => [.. ModelConfigTests.Published().Select(p => p.Key)];

    public static TheoryData<string, string> TensorLists() => new()
    {
        { "deepseek-ai/DeepSeek-V3", "deepseek-v3-tensors.tsv" },
        { "deepseek-ai/DeepSeek-V2-Lite", "deepseek-v2-lite-tensors.tsv" },
    };

    /// <summary>Counting as params.json says: the layer of multi-token prediction is left out, the routing bias is in, a tied head counts once.</summary>
    [Theory]
    [MemberData(nameof(PublishedNames))]
    public void Total_and_active_parameters_are_the_published_ones(string name)
    {
        JsonNode published = ModelConfigTests.Published()[name]!;
        Decoder decoder = Build(name);
        ModelConfig config = decoder.Config;
        string extra = $"model.layers.{config.NumHiddenLayers}.";
        List<Weight> main = [.. decoder.Parameters.Where(w => !w.Name.StartsWith(extra, StringComparison.Ordinal))];
        long total = main.Sum(w => w.Count);
        long routed = main.Where(IsRouted).Sum(w => w.Count);
        long active = total - (config.Moe is { } moe ? routed / moe.Router.Experts * (moe.Router.Experts - moe.Router.TopK) : 0);
        long embedding = (long)config.VocabSize * config.HiddenSize;

        JsonNode counts = published["counts"]!;
        Assert.Equal((long)counts["total"]!, total);
        Assert.Equal((long)counts["routed_experts"]!, routed);
        Assert.Equal((long)counts["active"]!, active);
        Assert.Equal((long)counts["active_without_input_embedding"]!, config.TieWordEmbeddings ? active : active - embedding);
        Assert.Equal((int)counts["tensors"]!, main.Count);
        if (counts["mtp_layer_without_shared_copies"] is { } layer)
        {
            Assert.Equal((long)layer, decoder.Parameters.Sum(w => w.Count) - total);
        }
    }

    /// <summary>
    /// Every listed tensor is asked for with its shape, and in the listed layers nothing else. Not parameters of the decoder: FP8 scales, and the copies of
    /// embedding and head that the layer of multi-token prediction carries.
    /// </summary>
    [Theory]
    [MemberData(nameof(TensorLists))]
    public void Names_and_shapes_are_the_published_ones(string name, string file)
    {
        Dictionary<string, string> asked = Build(name).Parameters.ToDictionary(w => w.Name, Shape, StringComparer.Ordinal);
        Dictionary<string, string> listed = File.ReadLines(Path.Combine(Goldens.Root, "lm", file)).Skip(1).Select(line => line.Split('\t'))
            .Where(f => !f[0].EndsWith("_scale_inv", StringComparison.Ordinal) && !IsCopy(f[0]))
            .ToDictionary(f => f[0], f => f[2], StringComparer.Ordinal);
        Assert.NotEmpty(listed);
        foreach ((string tensor, string shape) in listed)
        {
            Assert.True(asked.TryGetValue(tensor, out string? found), $"{tensor} is not asked for");
            Assert.Equal(shape, found);
        }

        // The list leaves out layers like those it has, and of the last layer some experts.
        HashSet<string> layers = [.. listed.Keys.Select(Layer)];
        foreach (string tensor in asked.Keys.Where(t => layers.Contains(Layer(t)) && !t.Contains(".experts.", StringComparison.Ordinal)))
        {
            Assert.True(listed.ContainsKey(tensor), $"{tensor} is not in the published files");
        }
    }

    private static Decoder Build(string name)
    {
        JsonObject text = ModelConfigTests.Published()[name]!["config"]!.DeepClone().AsObject();
        text.Remove("quantization_config"); // the weights' format, not the architecture
        return new Decoder(ModelConfigReader.Parse(text.ToJsonString()), new ShapeParameters());
    }

    private static bool IsRouted(Weight weight) => weight.Name.Contains(".mlp.experts.", StringComparison.Ordinal);

    private static bool IsCopy(string name) =>
        name.StartsWith("model.layers.", StringComparison.Ordinal)
        && (name.EndsWith(".embed_tokens.weight", StringComparison.Ordinal) || name.EndsWith(".shared_head.head.weight", StringComparison.Ordinal));

    private static string Layer(string name) =>
        name.StartsWith("model.layers.", StringComparison.Ordinal) ? string.Join('.', name.Split('.').Take(3)) : "";

    private static string Shape(Weight weight) => weight.IsVector
        ? weight.Columns.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{weight.Rows}x{weight.Columns}");
}
