using System.Runtime.InteropServices;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;
using Razum.Tests.Training;

namespace Razum.Tests.Models.Adapters;

/// <summary>Adapters in GGUF files: the same numbers as the PEFT folder they come from, faults in one line; and adapters merged into all layouts from all layouts.</summary>
public sealed class GgufAdapterTests : IDisposable
{
    /// <summary>A llama: rows of queries and keys are interleaved in GGUF files.</summary>
    private static readonly string s_llama = TinyQwen.Config
        .Replace("\"sliding_window\": 4096", "\"sliding_window\": null", StringComparison.Ordinal)
        .Replace("Qwen2ForCausalLM", "LlamaForCausalLM", StringComparison.Ordinal)
        .Replace("\"model_type\": \"qwen2\"", "\"model_type\": \"llama\"", StringComparison.Ordinal);

    private static readonly LoraSettings s_settings = new()
    {
        Rank = 4,
        Alpha = 10,
        Targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Cases => new(LoraCase.Names);

    [Theory]
    [Trait("golden", "yes")]
    [MemberData(nameof(Cases))]
    public void Golden_logits_are_those_of_the_folder(string name)
    {
        using LoraCase golden = LoraCase.Open(name);
        Decoder folder = golden.Load();
        Assert.SkipUnless(folder.Adapters.Select(p => p.Scale * p.A.Rows).Distinct().Count() == 1, "alphas differ: a GGUF file has one");
        Convert(folder, _folder.File("adapter.gguf"));
        using var checkpoint = new Checkpoint(golden.Base);
        Decoder file = AdaptedDecoder.Load(folder.Config, new CheckpointParameters(checkpoint), _folder.File("adapter.gguf"));
        foreach ((string sequence, int[] tokens) in golden.Sequences)
        {
            float[] logits = Logits(file, tokens);
            Assert.Equal(Logits(folder, tokens), logits);
            golden.Compare($"{sequence}.logits", "logits", logits);
        }
    }

    [Fact]
    public void Merged_is_applied_in_every_layout()
    {
        string model = _folder.File("base"), gguf = _folder.File("base.gguf"), peft = _folder.File("adapter"), file = _folder.File("adapter.gguf");
        TinyQwen.Write(model, s_llama);
        WriteAdapter(model, peft);
        ModelConversion.ToGguf(model, gguf, Mixture.Find("F32")!, threads: 2);
        int[] tokens = [.. Enumerable.Range(0, 29).Select(i => ((i * 37) + (i * i)) % 256)];
        float[] applied, plain;
        using (ModelBundle bundle = ModelBundle.Load(model, adapters: [new NamedAdapter("", peft)]), alone = ModelBundle.Load(model))
        {
            Convert(bundle.Decoder, file);
            (applied, plain) = (Logits(bundle.Decoder, tokens), Logits(alone.Decoder, tokens));
        }

        using (ModelBundle bundle = ModelBundle.Load(gguf, adapters: [new NamedAdapter("mine", file)]))
        {
            Assert.Equal(["mine"], bundle.Info.Adapters);
            Near(applied, Logits(bundle.Decoder, tokens));
        }

        Assert.InRange(Distance(applied, plain), 0.01, 10);
        int made = 0;
        foreach (string input in (string[])[model, gguf])
        {
            foreach (string adapter in (string[])[peft, file])
            {
                ModelConversion.ToGguf(input, _folder.File($"merged{made}.gguf"), Mixture.Find("F32")!, threads: 2, adapter: adapter);
                ModelConversion.ToFolder(input, _folder.File($"merged{made}"), ElementType.F32, adapter);
                foreach (string output in (string[])[$"merged{made}.gguf", $"merged{made}"])
                {
                    using ModelBundle bundle = ModelBundle.Load(_folder.File(output));
                    Assert.Empty(bundle.Decoder.Adapters);
                    Near(applied, Logits(bundle.Decoder, tokens));
                }

                made++;
            }
        }

        byte[] before = File.ReadAllBytes(Path.Combine(model, "model.safetensors"));
        Assert.Throws<IOException>(() => ModelConversion.ToFolder(model, model + "/", ElementType.F32, peft));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(model, "model.safetensors")));
    }

    [Fact]
    public void Faults_are_one_line()
    {
        ModelConfig config = ModelConfigReader.Parse(s_llama);
        string file = _folder.File("adapter.gguf");
        Dictionary<string, object> keys = new() { ["general.architecture"] = "llama", ["general.type"] = "adapter", ["adapter.type"] = "lora" };
        (string, long[]) a = ("blk.0.attn_v.weight.lora_a", [256, 2]), b = ("blk.0.attn_v.weight.lora_b", [2, 128]);
        Write(keys, a, b);
        LoraPair pair = Assert.Single(Load().Adapters);
        Assert.Equal(("model.layers.0.self_attn.v_proj", 1f), (pair.Module, pair.Scale)); // no alpha
        Write(new(keys) { ["adapter.lora.alpha"] = 8f }, a, b);
        Assert.Equal(4f, Assert.Single(Load().Adapters).Scale);
        Fails("adapter.lora.alpha: expected a number, found 8", new(keys) { ["adapter.lora.alpha"] = "8" }, a, b);
        Fails("general.type: model is not supported, only adapter", new(keys) { ["general.type"] = "model" }, a, b);
        Fails("general.architecture: qwen2 is not supported, only llama", new(keys) { ["general.architecture"] = "qwen2" }, a, b);
        Fails("adapter.type: missing", new Dictionary<string, object>(keys.Where(k => k.Key != "adapter.type")), a, b);
        Fails("a list of UInt32 is not supported", new(keys) { ["adapter.alora.invocation_tokens"] = new uint[] { 1 } }, a, b);
        Fails("attn_v.weight.lora_b: is missing", keys, a);
        Fails("attn_v.weight.lora_a: is missing", keys, b);
        Fails("expected [r, 256]", keys, (a.Item1, [255, 2]), b);
        Fails("expected [128, 2]", keys, a, (b.Item1, [2, 127]));
        Fails("token_embd.weight.lora_a: the model has no linear layer", keys, a, b, ("token_embd.weight.lora_a", [256, 2]));
        Fails("blk.7.attn_v.weight.lora_a: the model has no", keys, a, b, ("blk.7.attn_v.weight.lora_a", [256, 2]));
        Fails("no tensors", keys);
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..20]);
        Assert.Throws<InvalidDataException>(() => Load());

        Decoder Load() => AdaptedDecoder.Load(config, new ShapeParameters(), file);

        void Fails(string message, Dictionary<string, object> metadata, params (string Name, long[] Dims)[] tensors)
        {
            Write(metadata, tensors);
            InvalidDataException fault = Assert.Throws<InvalidDataException>(() => Load());
            Assert.Contains(message, fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', fault.Message);
        }

        void Write(Dictionary<string, object> metadata, params (string Name, long[] Dims)[] tensors)
        {
            var writer = new GgufWriter();
            foreach ((string key, object value) in metadata)
            {
                writer.Set(key, value);
            }

            foreach ((string name, long[] dims) in tensors)
            {
                writer.Add(name, GgmlType.F32, dims, stream => stream.Write(new byte[dims.Aggregate(4L, (n, d) => n * d)]));
            }

            writer.Save(file);
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A PEFT folder with random B.</summary>
    private static void WriteAdapter(string model, string folder)
    {
        Decoder decoder = AdaptedDecoder.Create(ModelConfigReader.Read(model), new RandomParameters(1, 0.05f), s_settings, 7, "test");
        foreach (LoraPair pair in decoder.Adapters)
        {
            new RandomParameters(11, 0.02f).Get(pair.B.Name, pair.B.Rows, pair.B.Columns).AsSpan().CopyTo(pair.B.AsSpan());
        }

        PeftFolder.Write(folder, decoder, s_settings, model);
    }

    /// <summary>Writes an adapter as published converters do: names of the file's tensors, and for a llama rows of B of queries and keys interleaved.</summary>
    private static void Convert(Decoder decoder, string path)
    {
        var writer = new GgufWriter();
        writer.Set("general.architecture", GgufMetadata.Architecture(decoder.Config));
        writer.Set("general.type", "adapter");
        writer.Set("adapter.type", "lora");
        writer.Set("adapter.lora.alpha", decoder.Adapters[0].Scale * decoder.Adapters[0].A.Rows);
        foreach (LoraPair pair in decoder.Adapters)
        {
            string name = pair.Module.Replace("model.layers.", "blk.", StringComparison.Ordinal);
            foreach ((string published, string stored) in (ReadOnlySpan<(string, string)>)[
                ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"),
                ("self_attn.q_a_proj", "attn_q_a"), ("self_attn.q_b_proj", "attn_q_b"), ("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"), ("self_attn.kv_b_proj", "attn_kv_b"),
                ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down")])
            {
                name = name.Replace(published, stored, StringComparison.Ordinal);
            }

            float[] b = pair.B.ToArray();
            bool isRotated = name.EndsWith("attn_q", StringComparison.Ordinal) || name.EndsWith("attn_k", StringComparison.Ordinal);
            if (isRotated && decoder.Config.ModelType == "llama")
            {
                b = Interleaved(b, pair.B.Rows, pair.B.Columns, ((GqaConfig)decoder.Config.Attention).HeadDim);
            }

            Add(name + ".weight.lora_a", pair.A.ToArray(), pair.A.Columns, pair.A.Rows);
            Add(name + ".weight.lora_b", b, pair.B.Columns, pair.B.Rows);
        }

        writer.Save(path);

        void Add(string name, float[] values, long columns, long rows) =>
            writer.Add(name, GgmlType.F32, [columns, rows], stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan())));
    }

    /// <summary>Of every head row 2 i + half of the file is row i + half * d / 2 of the published layout.</summary>
    private static float[] Interleaved(float[] values, int rows, int columns, int headDim)
    {
        float[] file = new float[values.Length];
        for (int head = 0; head < rows / headDim; head++)
        {
            for (int half = 0; half < 2; half++)
            {
                for (int i = 0; i < headDim / 2; i++)
                {
                    int from = (head * headDim) + (half * headDim / 2) + i, to = (head * headDim) + (2 * i) + half;
                    values.AsSpan(from * columns, columns).CopyTo(file.AsSpan(to * columns));
                }
            }
        }

        return file;
    }

    private static void Near(float[] expected, float[] actual) => Assert.InRange(Distance(expected, actual), 0, 1e-5);

    /// <summary>|x - y| / |y|</summary>
    private static double Distance(float[] x, float[] y) =>
        Math.Sqrt(x.Zip(y).Sum(p => Math.Pow((double)p.First - p.Second, 2)) / y.Sum(v => (double)v * v));

    private static float[] Logits(Decoder decoder, int[] tokens)
    {
        using var ops = new CpuOps(2);
        var batch = new Batch();
        batch.Add(tokens);
        return decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray();
    }
}
