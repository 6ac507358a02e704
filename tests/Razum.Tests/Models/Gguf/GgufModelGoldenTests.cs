using System.Globalization;
using System.Text.Json;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Text;
using Razum.Text.Gguf;

namespace Razum.Tests.Models.Gguf;

/// <summary>Every golden model in GGUF: what the file holds, its published names and values, logits and chosen experts.</summary>
[Trait("golden", "yes")]
public sealed class GgufModelGoldenTests
{
    public static TheoryData<string> Cases => [.. Goldens.Cases("gguf/models").Select(f => Path.GetFileName(f)!)];

    public static TheoryData<string> CasesWithNames => [.. Goldens.Cases("gguf/models").Where(HasNames).Select(f => Path.GetFileName(f)!)];

    public static TheoryData<string> Vocabularies =>
    [
        .. Goldens.Cases("gguf/models").Select(f => $"models/{Path.GetFileName(f)}"),
        .. Goldens.Cases("gguf/files").Where(f => File.Exists(Path.Combine(f, "tokens.json"))).Select(f => $"files/{Path.GetFileName(f)}"),
    ];

    [Fact]
    public void There_are_cases() => Assert.NotEmpty(Cases);

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_file_holds_what_its_case_says(string name)
    {
        using GgufModel model = Open(name);
        using JsonDocument golden = Case(name);
        GgufContents.CheckMetadata(golden.RootElement.GetProperty("metadata"), model.Metadata);
        GgufContents.CheckTensors(golden.RootElement.GetProperty("gguf_tensors"), [.. model.Tensors], "offset");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_equal_the_exact_ones(string name)
    {
        using GgufModel model = Open(name);
        using JsonDocument golden = Case(name);
        ModelConfig config = GgufConfig.Read(model);
        var decoder = new Decoder(config, new GgufParameters(model, config) { KeepsActivations = true });
        double allowed = golden.RootElement.GetProperty("tolerance").GetProperty("logits_exact_*").GetProperty("value").GetDouble();
        foreach (LatentAttentionForm form in config.Attention is MlaConfig ? Enum.GetValues<LatentAttentionForm>() : [default])
        {
            decoder.LatentForm = form;
            Compare(name, golden, decoder, "logits_exact", allowed);
        }
    }

    /// <summary>As they are computed by default: with activations rounded to bytes where the format has such products. llama.cpp rounds them too, otherwise.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_with_rounded_activations_are_as_near_as_those_of_llamacpp(string name)
    {
        using GgufModel model = Open(name);
        using JsonDocument golden = Case(name);
        ModelConfig config = GgufConfig.Read(model);
        double allowed = golden.RootElement.GetProperty("tolerance").GetProperty("logits_llamacpp_*").GetProperty("value").GetDouble();
        Compare(name, golden, new Decoder(config, new GgufParameters(model, config)), "logits_llamacpp", allowed, compareExperts: false);
    }

    [Theory]
    [MemberData(nameof(CasesWithNames))]
    public void Published_names_lead_to_published_values(string name)
    {
        using GgufModel model = Open(name);
        using JsonDocument golden = Case(name);
        ModelConfig config = GgufConfig.Read(model);
        var source = new GgufParameters(model, config);
        var names = new GgufNames(GgufConfig.Architecture(model));
        var decoder = new Decoder(config, source);
        foreach (JsonProperty tensor in golden.RootElement.GetProperty("hf_names").EnumerateObject())
        {
            int[] shape = [.. tensor.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt32())];
            Weight weight = shape.Length == 1 ? source.GetVector(tensor.Name, shape[0]) : source.Get(tensor.Name, shape[0], shape[1]);
            float[] values = weight.ToArray();
            JsonElement[] expected = [.. tensor.Value.GetProperty("value").EnumerateArray()];
            int[] at = [.. tensor.Value.GetProperty("at").EnumerateArray().Select(s => s.GetInt32())];
            Assert.All(at.Zip(expected), pair => Assert.Equal((float)pair.Second.GetDouble(), values[pair.First]));
            foreach (GgufPlace place in names.Find(tensor.Name))
            {
                string back = names.Invert(place.Name)!.Value.Published;
                Assert.Equal(tensor.Name, back.Replace(".E.", $".{place.Expert}.", StringComparison.Ordinal));
            }
        }

        string skipped = $"model.layers.{config.NumHiddenLayers}."; // multi-token prediction, of which the case says nothing
        Assert.Empty(decoder.Parameters.Select(w => w.Name).Where(n => !n.StartsWith(skipped, StringComparison.Ordinal)).Except(golden.RootElement.GetProperty("hf_names").EnumerateObject().Select(p => p.Name)));
        Assert.All(model.Tensors, t => Assert.True(t.Name.Contains("attn_v_b", StringComparison.Ordinal) || t.Name == "rope_freqs.weight" || names.Invert(t.Name) is not null, t.Name));
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Tokens_equal_those_of_the_original_tokenizer(string folder)
    {
        using GgufModel model = new(Path.Combine(Goldens.Root, "gguf", folder, "model.gguf"));
        GgufVocabulary vocabulary = GgufVocabularies.Read(model);
        Tokenizer tokenizer = Tokenizer.FromGguf(vocabulary, folder);
        using JsonDocument tokens = JsonDocument.Parse(File.ReadAllText(Path.Combine(Goldens.Root, "gguf", folder, "tokens.json")));
        foreach (JsonElement row in tokens.RootElement.GetProperty("rows").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            int[] actual = tokenizer.Encode(text, addBos: true);
            if ((!row.TryGetProperty("hugging_face", out JsonElement original) || original.ValueKind == JsonValueKind.Null) && text.Any(c => char.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark))
            {
                continue; // llama.cpp normalises nothing, and the case does not say what the original does
            }

            if (original.ValueKind == JsonValueKind.Array)
            {
                Assert.Equal(original.EnumerateArray().Select(i => i.GetInt32()), actual);
                continue;
            }

            Assert.Equal(row.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()), actual);
            Assert.Equal(row.GetProperty("ids_plain").EnumerateArray().Select(i => i.GetInt32()), tokenizer.Encode(text, parseSpecial: false));
        }
    }

    private static void Compare(string name, JsonDocument golden, Decoder decoder, string output, double allowed, bool compareExperts = true)
    {
        using SafetensorsFile expected = new(Path.Combine(Folder(name), "expected.safetensors"));
        for (int i = 0; expected.Find($"ids_{i}") is not null; i++)
        {
            using var ops = new CpuOps(2);
            List<(string Name, int[] Experts)> routed = [];
            ops.RoutingObserver = (router, routing) => routed.Add((router, [.. Enumerable.Range(0, routing.Rows).SelectMany(t => routing[t].ToArray())]));
            var batch = new Batch();
            batch.Add(expected.ReadInts($"ids_{i}"));
            float[] actual = decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray();
            float[] wanted = expected.ReadFloats($"{output}_{i}");
            double error = actual.Zip(wanted, (a, w) => Math.Abs((double)a - w)).Max();
            Goldens.Report(name, $"{output}_{i}", error, allowed);
            Assert.True(error <= allowed, $"{name}: {output}_{i}: error {error:g3} above the tolerance {allowed:g3}");
            if (compareExperts && expected.Find($"experts_{i}") is not null)
            {
                // The golden has the best first, the router the lowest number.
                int topK = decoder.Config.Moe!.Router.TopK;
                Assert.Equal(
                    expected.ReadInts($"experts_{i}").Chunk(topK).SelectMany(e => e.Order()),
                    routed.SelectMany(r => r.Experts).Chunk(topK).SelectMany(e => e.Order()));
            }
        }
    }

    private static bool HasNames(string folder)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        return golden.RootElement.TryGetProperty("hf_names", out JsonElement names) && names.ValueKind == JsonValueKind.Object;
    }

    private static string Folder(string name) => Path.Combine(Goldens.Root, "gguf", "models", name);

    private static GgufModel Open(string name) => new(Path.Combine(Folder(name), "model.gguf"));

    private static JsonDocument Case(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder(name), "case.json")));
}
