using System.Text.Json.Nodes;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Tensors.Autograd;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Threading;

namespace Razum.Tests.Models.Adapters;

/// <summary>Adapters over bases of every format and both forms of latent attention; PEFT folders written, read again, damaged.</summary>
public sealed class AdaptedDecoderTests : IDisposable
{
    /// <summary>Every linear layer of latent attention and of the dense and shared feed-forward.</summary>
    private static readonly LoraSettings s_settings = new()
    {
        Rank = 3,
        Alpha = 5,
        RankStabilised = true,
        Targets = ["q_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    };

    private static readonly ModelConfig s_config = ModelConfigReader.Parse("""
        {
          "model_type": "deepseek_v3", "hidden_act": "silu", "hidden_size": 256, "num_hidden_layers": 2, "intermediate_size": 256, "vocab_size": 90,
          "rms_norm_eps": 1e-6, "max_position_embeddings": 128, "tie_word_embeddings": false, "attention_bias": false, "num_attention_heads": 2,
          "num_key_value_heads": 2, "q_lora_rank": null, "kv_lora_rank": 256, "qk_nope_head_dim": 32, "qk_rope_head_dim": 8, "v_head_dim": 16,
          "rope_theta": 10000, "rope_scaling": null, "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "n_shared_experts": 1,
          "n_group": 1, "topk_group": 1, "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 1.0,
          "first_k_dense_replace": 1, "moe_layer_freq": 1, "num_nextn_predict_layers": 0, "bos_token_id": 0, "eos_token_id": 1
        }
        """);

    private static readonly int[] s_tokens = [.. Enumerable.Range(0, 41).Select(i => ((i * 37) + (i * i)) % 90)];

    private readonly TemporaryFolder _folder = new();

    /// <summary>F32, and all formats that a base can be quantised to.</summary>
    public static TheoryData<WeightFormat, LatentAttentionForm> Bases => new(
        from format in WeightFormats.Quantised.Prepend(WeightFormat.F32)
        from form in Enum.GetValues<LatentAttentionForm>()
        select new TheoryDataRow<WeightFormat, LatentAttentionForm>(format, form));

    [Theory]
    [MemberData(nameof(Bases))]
    public void Gradients_flow_through_a_frozen_base(WeightFormat format, LatentAttentionForm form)
    {
        Decoder adapted = Load(format, form);
        // The same values in F32, adapters merged: what must come out, but for the rounding of activations to bytes (a gradient that went astray is 1 off).
        Decoder plain = new(s_config, new Merged(adapted)) { LatentForm = form };
        double most = format == WeightFormat.F32 ? 1e-4 : 0.25;
        (float[] merged, _) = Learn(plain);
        (float[] logits, Dictionary<string, float[]> gradients) = Learn(adapted);
        Assert.True(Distance(logits, merged) < most, $"logits: {Distance(logits, merged)}");
        foreach (LoraPair pair in adapted.Adapters)
        {
            // W + scale B A: dB = scale dW A^T, dA = scale B^T dW.
            Weight weight = plain.Parameters.Single(w => w.Name == pair.Module + ".weight");
            (float[] a, float[] b) = Project(pair, weight.Gradient!.Value);
            Assert.True(Distance(gradients[pair.A.Name], a) < most, $"{pair.A.Name}: {Distance(gradients[pair.A.Name], a)}");
            Assert.True(Distance(gradients[pair.B.Name], b) < most, $"{pair.B.Name}: {Distance(gradients[pair.B.Name], b)}");
        }
    }

    [Theory]
    [InlineData(WeightFormat.F32, LatentAttentionForm.Absorbed)]
    [InlineData(WeightFormat.Q8_0, LatentAttentionForm.Absorbed)]
    [InlineData(WeightFormat.Q4_K, LatentAttentionForm.Expanded)]
    public void A_row_depends_on_its_own_sequence_alone(WeightFormat format, LatentAttentionForm form)
    {
        Decoder decoder = Load(format, form);
        foreach (Arithmetic arithmetic in Enum.GetValues<Arithmetic>())
        {
            using var ops = new CpuOps(1, null, arithmetic);
            using var more = new CpuOps(2, null, arithmetic);
            var batch = new Batch();
            batch.Add(s_tokens);
            float[] alone = decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray();
            batch.Clear();
            batch.Add(s_tokens.AsSpan(3, 17));
            batch.Add(s_tokens);
            Tensor packed = decoder.Logits(more, decoder.Forward(more, batch));
            Assert.Equal(alone, packed.SliceRows(17, s_tokens.Length).ToArray());
            using KeyValueCache cache = decoder.CreateCache(64);
            var pieces = new List<float>();
            int from = 0;
            foreach (int length in (int[])[5, 1, 1, 20, 1, 13])
            {
                batch.Clear();
                batch.Add(s_tokens.AsSpan(from, length), cache);
                from += length;
                pieces.AddRange(decoder.Logits(more, decoder.Forward(more, batch)).ToArray());
                batch.Commit();
            }

            Assert.Equal(alone, pieces);
        }
    }

    [Fact]
    public void New_adapters_change_nothing_and_a_written_folder_comes_back()
    {
        Decoder made = AdaptedDecoder.Create(s_config, new RandomParameters(3, 0.05f), s_settings, 7, "test");
        Assert.Equal(Logits(made.WithoutAdapters()), Logits(made));
        Decoder decoder = Load(WeightFormat.F32, LatentAttentionForm.Absorbed);
        Assert.NotEqual(Logits(decoder.WithoutAdapters()), Logits(decoder));
        PeftFolder.Write(_folder.Path, decoder, s_settings, "base");
        Decoder read = AdaptedDecoder.Load(s_config, new RandomParameters(3, 0.05f), _folder.Path);
        read.LatentForm = LatentAttentionForm.Absorbed;
        Assert.Equal(Logits(decoder), Logits(read));
        using var file = new SafetensorsFile(_folder.File("adapter_model.safetensors"));
        Assert.Equal([3L, 256], file["base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"].Shape);
        Assert.Equal([80L, 3], file["base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"].Shape);
        Assert.DoesNotContain(file.Tensors, t => t.Name.Contains(".experts.", StringComparison.Ordinal));
    }

    [Fact]
    public void Ranks_and_scales_may_differ_between_layers()
    {
        Decoder decoder = Load(WeightFormat.F32, LatentAttentionForm.Expanded);
        PeftFolder.Write(_folder.Path, decoder, s_settings, "base");
        Change(config =>
        {
            config["r"] = 9;
            config["rank_pattern"] = new JsonObject { [@"layers\.\d.*_proj(_with_mqa)?"] = 3 };
            config["alpha_pattern"] = new JsonObject { ["q_proj"] = 11 };
            config["use_rslora"] = false;
        });
        Decoder read = AdaptedDecoder.Load(s_config, new RandomParameters(3, 0.05f), _folder.Path);
        Assert.All(read.Adapters, p => Assert.Equal(p.Module.EndsWith("q_proj", StringComparison.Ordinal) ? 11f / 3 : 5f / 3, p.Scale));
    }

    [Theory]
    [InlineData("peft_type", "\"IA3\"", "peft_type")]
    [InlineData("use_dora", "true", "use_dora")]
    [InlineData("bias", "\"all\"", "bias")]
    [InlineData("r", "0", "r: expected")]
    [InlineData("r", "4", "expected [4, 256], found [3, 256]")]
    [InlineData("lora_alpha", "\"much\"", "lora_alpha")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "modules_to_save")]
    [InlineData("rank_pattern", "{\"(\": 3}", "rank_pattern")]
    [InlineData("target_modules", "[\"lm_head\", \"q_proj\", \"k_proj\", \"gate\"]", null)]
    public void Configs_that_change_something_unknown_are_refused(string field, string value, string? expected)
    {
        PeftFolder.Write(_folder.Path, Load(WeightFormat.F32, LatentAttentionForm.Expanded), s_settings, "base");
        Change(config => config[field] = JsonNode.Parse(value));
        if (expected is null)
        {
            Read(); // more targets than the model has layers for: the tensors decide
            return;
        }

        InvalidDataException fault = Assert.Throws<InvalidDataException>(Read);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Path, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Damaged_and_unfitting_adapters_end_in_one_line()
    {
        Assert.Contains("no such folder", Fault(() => AdaptedDecoder.Load(s_config, new RandomParameters(3, 0.05f), _folder.File("none"))));
        Assert.Contains("adapter_config.json: no such file", Fault(Read));
        PeftFolder.Write(_folder.Path, Load(WeightFormat.F32, LatentAttentionForm.Expanded), s_settings, "base");
        Read();
        byte[] whole = File.ReadAllBytes(_folder.File("adapter_model.safetensors"));
        File.WriteAllBytes(_folder.File("adapter_model.safetensors"), whole[..^5]);
        Fault(Read);
        WriteTensors(("base_model.model.model.layers.0.mlp.experts.1.up_proj.lora_A.weight", 3, 256));
        Assert.Contains("q_proj.lora_A.weight is missing", Unquoted(Fault(Read)));
        Change(config => config["target_modules"] = "all-linear");
        Assert.Contains("experts.1.up_proj.lora_A.weight: the model has no linear layer", Fault(Read));
        WriteTensors(("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 3, 256));
        Assert.Contains("lora_B.weight is missing", Unquoted(Fault(Read)));
        WriteTensors();
        Assert.Contains("no tensors", Fault(Read));
        Change(config => config.Remove("peft_type"));
        Assert.Contains("peft_type", Fault(Read));
        File.WriteAllText(_folder.File("adapter_config.json"), "[");
        Assert.Contains("not valid JSON", Fault(Read));
        File.Delete(_folder.File("adapter_model.safetensors"));
        LoraSettings wrong = s_settings with { Targets = ["q_proj", "qproj"] };
        Assert.Contains("qproj to adapt; it has down_proj", Fault(() => AdaptedDecoder.Create(s_config, new ShapeParameters(), wrong, 1, "run: lora.targets")));

        static string Unquoted(string text) => text.Replace("\"", "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_engine_computes_a_prompt_anew_when_the_adapters_have_changed()
    {
        Decoder decoder = Load(WeightFormat.F32, LatentAttentionForm.Absorbed);
        await using Engine engine = Open();
        float[] before = await Ask(engine);
        foreach (LoraPair pair in decoder.Adapters)
        {
            pair.B.AsSpan().Reverse();
            pair.B.MarkChanged();
        }

        await using Engine other = Open();
        float[] expected = await Ask(other);
        Assert.NotEqual(before, expected);
        Assert.Equal(expected, await Ask(engine));

        Engine Open() => new(
            new DecoderModel(decoder, 4, 1), new ModelInfo("test", 90, 128, []),
            Inference.TestTokenizer.Instance, new EngineOptions { Threads = 1 });

        static async Task<float[]> Ask(Engine engine)
        {
            var request = new GenerationRequest { Prompt = [.. s_tokens, .. s_tokens], MaxTokens = 4, Sampling = new SamplingOptions { Temperature = 0, Logprobs = true } };
            Inference.Answer answer = await Inference.Answer.Collect(engine, request, TestContext.Current.CancellationToken);
            return [.. answer.Tokens.Select(t => t.Logprob!.Value)];
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Adapters with random B, so that they matter.</summary>
    private static Decoder Load(WeightFormat format, LatentAttentionForm form)
    {
        using WorkerPool pool = new(2);
        ParameterSource source = new RandomParameters(3, 0.05f);
        source = format == WeightFormat.F32 ? source : new QuantisedParameters(source, format, pool);
        Decoder decoder = AdaptedDecoder.Create(s_config, source, s_settings, 7, "test");
        decoder.LatentForm = form;
        Assert.Equal(14, decoder.Adapters.Count); // in each layer 4 of attention, and 3 of the dense feed-forward or of the shared expert
        foreach (LoraPair pair in decoder.Adapters)
        {
            new RandomParameters(11, 0.02f).Get(pair.B.Name, pair.B.Rows, pair.B.Columns).AsSpan().CopyTo(pair.B.AsSpan());
            pair.B.MarkChanged();
        }

        return decoder;
    }

    private static (float[] Logits, Dictionary<string, float[]> Gradients) Learn(Decoder decoder)
    {
        Weight[] trained = decoder.Adapters.Count > 0 ? [.. decoder.Adapters.SelectMany(p => new[] { p.A, p.B })] : [.. decoder.Parameters];
        Array.ForEach(trained, w => w.EnableGradient());
        using var ops = new CpuOps(2);
        var tape = new Tape(ops);
        var batch = new Batch();
        (int[] targets, float[] weights) = LanguageModelGoldenTests.NextTokens(batch, [s_tokens], 1);
        Tensor hidden = decoder.Forward(tape, batch);
        float[] logits = decoder.Logits(ops, hidden).ToArray();
        tape.Backward(tape.CrossEntropy(hidden, decoder.Head, targets, weights));
        return (logits, trained.ToDictionary(w => w.Name, w => w.Gradient!.Value.ToArray()));
    }

    private static (float[] A, float[] B) Project(LoraPair pair, Tensor gradient)
    {
        (int rank, int inputs, int outputs) = (pair.A.Rows, pair.A.Columns, pair.B.Rows);
        float[] a = new float[rank * inputs], b = new float[outputs * rank];
        ReadOnlySpan<float> valuesA = pair.A.AsSpan(), valuesB = pair.B.AsSpan();
        for (int o = 0; o < outputs; o++)
        {
            for (int r = 0; r < rank; r++)
            {
                for (int i = 0; i < inputs; i++)
                {
                    float dw = pair.Scale * gradient[o][i];
                    a[(r * inputs) + i] += dw * valuesB[(o * rank) + r];
                    b[(o * rank) + r] += dw * valuesA[(r * inputs) + i];
                }
            }
        }

        return (a, b);
    }

    /// <summary>|x - y| / |y|</summary>
    private static double Distance(float[] x, float[] y) =>
        Math.Sqrt(x.Zip(y).Sum(p => Math.Pow((double)p.First - p.Second, 2)) / y.Sum(v => (double)v * v));

    private static float[] Logits(Decoder decoder)
    {
        using var ops = new CpuOps(2);
        var batch = new Batch();
        batch.Add(s_tokens);
        return decoder.Logits(ops, decoder.Forward(ops, batch)).ToArray();
    }

    private static string Fault(Action action)
    {
        InvalidDataException fault = Assert.Throws<InvalidDataException>(action);
        Assert.DoesNotContain('\n', fault.Message);
        return fault.Message;
    }

    private void Read() => AdaptedDecoder.Load(s_config, new RandomParameters(3, 0.05f), _folder.Path);

    private void WriteTensors(params (string Name, int Rows, int Columns)[] tensors)
    {
        var writer = new SafetensorsWriter();
        foreach ((string name, int rows, int columns) in tensors)
        {
            writer.Add(name, new float[rows * columns], ElementType.F32, rows, columns);
        }

        writer.Save(_folder.File("adapter_model.safetensors"));
    }

    private void Change(Action<JsonObject> change)
    {
        string file = _folder.File("adapter_config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(config);
        File.WriteAllText(file, config.ToJsonString());
    }

    /// <summary>The weights of an adapted model in F32, adapters merged.</summary>
    private sealed class Merged(Decoder adapted) : ParameterSource
    {
        public override Weight Get(string name, int rows, int columns)
        {
            Weight weight = Find(name);
            LoraPair? pair = adapted.Adapters.SingleOrDefault(p => p.Module + ".weight" == name);
            Weight copy = Weight.Create(name, rows, columns);
            (pair?.Merge(weight) ?? weight.ToArray()).CopyTo(copy.AsSpan());
            return copy;
        }

        public override Weight GetVector(string name, int length)
        {
            Weight copy = Weight.Create(name, 1, length, isVector: true);
            Find(name).ToArray().CopyTo(copy.AsSpan());
            return copy;
        }

        public override bool Contains(string name) => false;

        private Weight Find(string name) => adapted.Parameters.Single(w => w.Name == name);
    }
}
