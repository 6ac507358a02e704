using Razum.Inference;
using Razum.Inference.Measures;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tests.Cli;

namespace Razum.Tests.Inference.Measures;

/// <summary>
/// Sums of squares against a plain computation in double precision. Every sequence is one token: attention to itself alone gives its value, so that the plain
/// model needs no softmax of scores and no rotation.
/// </summary>
public sealed class ImportanceSumsTests
{
    private const int Hidden = 32, Heads = 4, KeyHeads = 2, HeadDim = 8, Inner = 48, ExpertInner = 16, Experts = 8, TopK = 2;

    /// <summary>A dense layer, then one of experts.</summary>
    private const string Grouped = """
        {
          "model_type": "qwen3_moe", "architectures": ["Qwen3MoeForCausalLM"], "hidden_act": "silu", "hidden_size": 32, "num_hidden_layers": 2,
          "intermediate_size": 48, "vocab_size": 272, "rms_norm_eps": 1e-6, "max_position_embeddings": 128, "tie_word_embeddings": false,
          "attention_bias": false, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "rope_theta": 10000, "rope_scaling": null,
          "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "norm_topk_prob": true, "decoder_sparse_step": 1, "mlp_only_layers": [0],
          "use_sliding_window": false
        }
        """;

    private static readonly int[] s_tokens = [7, 200, 31];

    [Fact]
    public void Sums_of_linear_layers_and_experts()
    {
        Decoder decoder = new(ModelConfigReader.Parse(Grouped), new RandomParameters(3, 0.3f));
        using TemporaryFolder folder = new();
        using GgufModel file = Measure(decoder, folder);
        var plain = new PlainSums(decoder);
        Array.ForEach(s_tokens, plain.Read);

        Assert.Equal(plain.Squares.Keys.Order(StringComparer.Ordinal), file.Tensors.Where(t => t.Name.EndsWith(".in_sum2", StringComparison.Ordinal)).Select(t => t.Name[..^8]));
        foreach ((string name, double[][] squares) in plain.Squares)
        {
            Assert.Equal([squares[0].Length, squares.Length], file.Find(name + ".in_sum2")!.Dims);
            Assert.Equal([1, squares.Length], file.Find(name + ".counts")!.Dims);
            Assert.Equal(plain.Counts[name], file.ReadFloats(name + ".counts").Select(c => (int)c));
            AssertClose([.. squares.SelectMany(s => s)], file.ReadFloats(name + ".in_sum2"), name);
        }

        Assert.Contains(0, plain.Counts["blk.1.ffn_down_exps.weight"]); // an expert that no token reached
        Assert.Equal("imatrix", file.Metadata["general.type"].Value);
        Assert.Equal((1u, 3u), (file.Metadata["imatrix.chunk_count"].Value, file.Metadata["imatrix.chunk_size"].Value));
        Assert.Equal(["text"], (IEnumerable<string>)file.Metadata["imatrix.datasets"].Value);
        float[] columns = ImportanceMatrix.Read(file.Path).Find("blk.1.ffn_down_exps.weight", ExpertInner, Experts)!;
        int idle = Array.IndexOf(plain.Counts["blk.1.ffn_down_exps.weight"], 0);
        Assert.All(columns.Skip(idle * ExpertInner).Take(ExpertInner), c => Assert.Equal(1, c));
    }

    [Fact]
    public void Sums_of_the_two_halves_of_absorbed_attention()
    {
        Decoder decoder = new(ModelConfigReader.Parse(TinyModel.Config), new RandomParameters(4, 0.3f));
        using TemporaryFolder folder = new();
        using GgufModel file = Measure(decoder, folder);
        var weights = decoder.Parameters.ToDictionary(w => w.Name, w => w.ToArray());
        (double[] keys, double[] values) = (new double[2 * 8], new double[2 * 16]); // [H, dn] and [H, rank]
        foreach (int token in s_tokens)
        {
            double[] n = PlainSums.Norm([.. weights["model.embed_tokens.weight"].Skip(token * 32).Take(32).Select(v => (double)v)]);
            double[] q = PlainSums.Multiply(weights["model.layers.0.self_attn.q_proj.weight"], n);
            double[] latent = PlainSums.Norm(PlainSums.Multiply(weights["model.layers.0.self_attn.kv_a_proj_with_mqa.weight"], n)[..16]);
            for (int head = 0; head < 2; head++)
            {
                Enumerable.Range(0, 8).ToList().ForEach(c => keys[(head * 8) + c] += q[(head * 16) + c] * q[(head * 16) + c]);
                Enumerable.Range(0, 16).ToList().ForEach(c => values[(head * 16) + c] += latent[c] * latent[c]);
            }
        }

        AssertClose(keys, file.ReadFloats("blk.0.attn_k_b.weight.in_sum2"), "attn_k_b");
        AssertClose(values, file.ReadFloats("blk.0.attn_v_b.weight.in_sum2"), "attn_v_b");
        Assert.Equal([3f], file.ReadFloats("blk.0.attn_v_b.weight.counts"));
        Assert.NotNull(ImportanceMatrix.Read(file.Path).Find("blk.0.attn_k_b.weight", 8, 2));
    }

    [Fact]
    public void Whoever_listens_changes_no_bit()
    {
        foreach (string config in (string[])[Grouped, TinyModel.Config])
        {
            Decoder decoder = new(ModelConfigReader.Parse(config), new RandomParameters(5, 0.3f)) { LatentForm = LatentAttentionForm.Absorbed };
            using var ops = new CpuOps(2);
            var batch = new Batch();
            batch.Add([1, 50, 60, 70, 9]);
            float[] unseen = decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray();
            ops.Arena.Reset();
            int products = 0;
            ops.InputObserver = (_, _, _) => products++;
            Assert.Equal(unseen, decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray());
            Assert.True(products > 10);
        }
    }

    private static GgufModel Measure(Decoder decoder, TemporaryFolder folder)
    {
        var sums = new ImportanceSums(decoder, null);
        using var ops = new CpuOps(2) { InputObserver = sums.Add };
        var batch = new Batch();
        Array.ForEach(s_tokens, t => batch.Add([t]));
        decoder.Forward(ops, batch);
        sums.Save(folder.File("imatrix.gguf"), "text", 1, s_tokens.Length);
        return new GgufModel(folder.File("imatrix.gguf"));
    }

    private static void AssertClose(double[] expected, float[] actual, string name)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Max();
        Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5 * scale, $"{name}: {pair.Second} instead of {pair.First}"));
    }

    /// <summary>The model of <see cref="Grouped"/> in double precision, for sequences of one token.</summary>
    private sealed class PlainSums(Decoder decoder)
    {
        private readonly Dictionary<string, float[]> _weights = decoder.Parameters.ToDictionary(w => w.Name, w => w.ToArray());

        public Dictionary<string, double[][]> Squares { get; } = [];

        public Dictionary<string, int[]> Counts { get; } = [];

        public void Read(int token)
        {
            double[] x = [.. _weights["model.embed_tokens.weight"].Skip(token * Hidden).Take(Hidden).Select(v => (double)v)];
            for (int layer = 0; layer < 2; layer++)
            {
                (string block, string name) = ($"blk.{layer}", $"model.layers.{layer}");
                double[] n = Norm(x);
                Array.ForEach<string>(["q", "k", "v"], part => Add($"{block}.attn_{part}.weight", n));
                double[] value = Multiply(_weights[name + ".self_attn.v_proj.weight"], n);
                double[] mixed = [.. Enumerable.Range(0, Heads * HeadDim).Select(i => value[(i / HeadDim / (Heads / KeyHeads) * HeadDim) + (i % HeadDim)])];
                Add(block + ".attn_output.weight", mixed);
                x = Plus(x, Multiply(_weights[name + ".self_attn.o_proj.weight"], mixed), 1);
                double[] m = Norm(x);
                x = layer == 0 ? Plus(x, Feed(m, $"{name}.mlp", block, "", 0, 1), 1) : Route(x, m, name, block);
            }
        }

        public static double[] Norm(double[] x)
        {
            double scale = 1 / Math.Sqrt((x.Sum(v => v * v) / x.Length) + 1e-6); // all gains are 1
            return [.. x.Select(v => v * scale)];
        }

        public static double[] Multiply(float[] weight, double[] x) =>
            [.. Enumerable.Range(0, weight.Length / x.Length).Select(row => x.Select((v, c) => v * weight[(row * x.Length) + c]).Sum())];

        private double[] Route(double[] x, double[] m, string name, string block)
        {
            Add(block + ".ffn_gate_inp.weight", m);
            double[] logits = Multiply(_weights[name + ".mlp.gate.weight"], m);
            int[] chosen = [.. Enumerable.Range(0, Experts).OrderByDescending(e => logits[e]).Take(TopK)];
            double total = chosen.Sum(e => Math.Exp(logits[e]));
            foreach (int e in chosen)
            {
                x = Plus(x, Feed(m, $"{name}.mlp.experts.{e}", block, "_exps", e, Experts), Math.Exp(logits[e]) / total);
            }

            return x;
        }

        private double[] Feed(double[] m, string name, string block, string suffix, int matrix, int matrices)
        {
            Add($"{block}.ffn_gate{suffix}.weight", m, matrix, matrices);
            Add($"{block}.ffn_up{suffix}.weight", m, matrix, matrices);
            double[] gate = Multiply(_weights[name + ".gate_proj.weight"], m), up = Multiply(_weights[name + ".up_proj.weight"], m);
            double[] hidden = [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)];
            Assert.Equal(matrices == 1 ? Inner : ExpertInner, hidden.Length);
            Add($"{block}.ffn_down{suffix}.weight", hidden, matrix, matrices);
            return Multiply(_weights[name + ".down_proj.weight"], hidden);
        }

        private void Add(string name, double[] x, int matrix = 0, int matrices = 1)
        {
            if (!Squares.ContainsKey(name))
            {
                Squares[name] = [.. Enumerable.Range(0, matrices).Select(_ => new double[x.Length])];
                Counts[name] = new int[matrices];
            }

            Squares[name][matrix] = Plus(Squares[name][matrix], [.. x.Select(v => v * v)], 1);
            Counts[name][matrix]++;
        }

        private static double[] Plus(double[] a, double[] b, double factor) => [.. a.Zip(b, (x, y) => x + (factor * y))];
    }
}
