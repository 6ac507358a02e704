using System.Text.Json;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Text;

namespace Razum.Tests.Inference;

/// <summary>File to model to file: the same tensors and keys come out that went in, and mixtures choose the types that files have.</summary>
[Trait("golden", "yes")]
public sealed class ModelConversionTests
{
    private static readonly Dictionary<uint, string> s_types = Mixture.All.ToDictionary(m => (uint)m.FileType, m => m.Name);

    public static TheoryData<string> Models => [.. Goldens.Cases("gguf/models").Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Mixtures_choose_the_types_of_published_files(string name)
    {
        using GgufModel model = Open(name);
        ModelConfig config = GgufConfig.Read(model);
        Mixture mixture = MixtureOf(model);
        Assert.All(model.Tensors, t => Assert.Equal((t.Name, t.Type), (t.Name, mixture.TypeOf(GgufRows.Of(model, t), config))));
    }

    [Fact]
    public void An_indexer_has_no_names_in_Gguf()
    {
        using TemporaryFolder folder = new();
        string config = Cli.TinyModel.Config.Replace("deepseek_v3\"", "deepseek_v32\"", StringComparison.Ordinal)
            .Replace("\"q_lora_rank\": null", "\"q_lora_rank\": 12, \"index_head_dim\": 10, \"index_n_heads\": 3, \"index_topk\": 9", StringComparison.Ordinal);
        Cli.TinyModel.Write(folder.File("model"), config);
        string fault = Assert.Throws<ArgumentException>(() =>
            ModelConversion.ToGguf(folder.File("model"), folder.File("model.gguf"), Mixture.Find("F32")!, threads: 1)).Message;
        Assert.StartsWith("deepseek_v32 cannot be written as GGUF", fault, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("model.gguf")));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Quantising_to_the_same_types_gives_the_same_file(string name)
    {
        using TemporaryFolder folder = new();
        using GgufModel model = Open(name);
        ModelConversion.ToGguf(model.Path, folder.File("copy.gguf"), MixtureOf(model), threads: 2);
        Assert.Equal(File.ReadAllBytes(model.Path), File.ReadAllBytes(folder.File("copy.gguf")));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void To_a_folder_and_back(string name)
    {
        using TemporaryFolder folder = new();
        using GgufModel model = Open(name);
        ModelConversion.ToFolder(model.Path, folder.File("published"), ElementType.F32);
        ModelConversion.ToGguf(folder.File("published"), folder.File("back.gguf"), Mixture.Find("F32")!, threads: 2);
        using GgufModel back = new(folder.File("back.gguf"));
        bool split = model.Tensors.Any(t => t.Name.Contains("attn_k_b", StringComparison.Ordinal)) || model.Find("blk.0.attn_kv_b.weight") is null;
        foreach (GgufTensor tensor in model.Tensors.Where(t => split || !t.Name.Contains("attn_kv_b", StringComparison.Ordinal)))
        {
            float[] expected = model.ReadFloats(tensor.Name), actual = back.ReadFloats(tensor.Name);
            if (tensor.Name == "rope_freqs.weight")
            {
                Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
                continue;
            }

            Assert.Equal(expected, actual);
            Assert.Equal(tensor.Dims, back.Find(tensor.Name)!.Dims);
        }

        ModelConfig one = GgufConfig.Read(model), other = GgufConfig.Read(back);
        Assert.Equal(one with { Rope = null!, EosTokenIds = [], Moe = null }, other with { Rope = null!, EosTokenIds = [], Moe = null });
        Assert.Equal(one.Moe?.Router, other.Moe?.Router);
        Assert.Equal(GgufVocabularies.Read(model).Tokens, GgufVocabularies.Read(back).Tokens);
        Assert.Equal(GgufVocabularies.Read(model).Merges, GgufVocabularies.Read(back).Merges);
        Tokenizer original = ModelBundle.LoadTokenizer(model.Path);
        Tokenizer[] written = [ModelBundle.LoadTokenizer(folder.File("published")), ModelBundle.LoadTokenizer(back.Path)];
        using JsonDocument tokens = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(model.Path)!, "tokens.json")));
        foreach (string text in tokens.RootElement.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("text").GetString()!))
        {
            int[] ids = original.Encode(text, addBos: true);
            Assert.All(written, tokenizer => Assert.Equal(ids, tokenizer.Encode(text, addBos: true)));
            Assert.All(written, tokenizer => Assert.Equal(original.Encode(text, parseSpecial: false), tokenizer.Encode(text, parseSpecial: false)));
            Assert.All(written, tokenizer => Assert.Equal(original.Decode(ids), tokenizer.Decode(ids)));
        }
    }

    [Theory]
    [InlineData("Q4_K_M")]
    [InlineData("Q8_0")]
    [InlineData("Q2_K")]
    public void The_shipped_model_is_quantised_and_read(string type)
    {
        using TemporaryFolder folder = new();
        string nano = Path.Combine(RepositoryRoot(), "models", "nano");
        ModelConversion.ToGguf(nano, folder.File("nano.gguf"), Mixture.Find(type)!, threads: 2);
        using ModelBundle bundle = ModelBundle.Load(folder.File("nano.gguf"));
        using ModelBundle original = ModelBundle.Load(nano);
        using (GgufModel file = new(folder.File("nano.gguf")))
        {
            Assert.Contains("tokenizer.ggml.merges", file.Metadata.Keys); // empty, but llama.cpp reads no file without it
        }

        Assert.Equal(original.Tokenizer.Encode("2 + 2 = ?", addBos: true), bundle.Tokenizer.Encode("2 + 2 = ?", addBos: true));
        Assert.Equal(original.Template.GetType(), bundle.Template.GetType());
        using var ops = new CpuOps(1);
        var batch = new Batch();
        batch.Add(original.Tokenizer.Encode("2 + 2 = ?", addBos: true));
        float[] expected = original.Decoder.Logits(ops, original.Decoder.Forward(ops, batch)).ToArray();
        float[] actual = bundle.Decoder.Logits(ops, bundle.Decoder.Forward(ops, batch)).ToArray();
        double near = expected.Zip(actual, (e, a) => Math.Pow(e - a, 2)).Sum() / expected.Sum(e => e * e);
        Assert.InRange(near, 0, type == "Q8_0" ? 1e-3 : type == "Q4_K_M" ? 0.02 : 0.3);
    }

    [Fact]
    public void An_importance_matrix_moves_errors_to_where_they_matter_less()
    {
        using TemporaryFolder folder = new();
        string nano = Path.Combine(RepositoryRoot(), "models", "nano");
        const string Name = "blk.0.attn_q.weight"; // 128 columns: Q5_0 in this mixture
        GgufWriter writer = new();
        byte[] sums = new byte[128 * sizeof(float)], counts = BitConverter.GetBytes(2f);
        for (int i = 0; i < 128; i++)
        {
            BitConverter.TryWriteBytes(sums.AsSpan(i * sizeof(float)), i % 4 == 0 ? 200f : 0.02f);
        }

        writer.Add(Name + ".in_sum2", GgmlType.F32, [128, 1], stream => stream.Write(sums));
        writer.Add(Name + ".counts", GgmlType.F32, [1, 1], stream => stream.Write(counts));
        writer.Save(folder.File("imatrix.gguf"));
        ModelConversion.ToGguf(nano, folder.File("whole.gguf"), Mixture.Find("F32")!, threads: 1);
        ModelConversion.ToGguf(nano, folder.File("plain.gguf"), Mixture.Find("Q4_K_M")!, threads: 1);
        ModelConversion.ToGguf(nano, folder.File("weighted.gguf"), Mixture.Find("Q4_K_M")!, ImportanceMatrix.Read(folder.File("imatrix.gguf")), threads: 1);
        Assert.InRange(ErrorThatMatters("weighted.gguf"), 0, 0.9 * ErrorThatMatters("plain.gguf"));
        Assert.Throws<InvalidDataException>(() => ImportanceMatrix.Read(folder.File("plain.gguf")));

        double ErrorThatMatters(string file)
        {
            using GgufModel whole = new(folder.File("whole.gguf")), quantised = new(folder.File(file));
            return whole.ReadFloats(Name).Zip(quantised.ReadFloats(Name)).Where((_, i) => i % 4 == 0).Sum(p => Math.Pow(p.First - p.Second, 2));
        }
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Razum.slnx")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    private static GgufModel Open(string name) => new(Path.Combine(Goldens.Root, "gguf", "models", name, "model.gguf"));

    private static Mixture MixtureOf(GgufModel model) => Mixture.Find(s_types[(uint)model.Metadata["general.file_type"].Value])!;
}
