using System.Text.Json.Nodes;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tests.Models;
using Razum.Tests.Training;

namespace Razum.Tests.Inference;

/// <summary>Plans against published sizes, and against what an engine decides and takes.</summary>
[Trait("golden", "yes")]
public sealed class ServingPlanTests
{
    private const long GB = 1_000_000_000;

    /// <summary>Latent attention and experts in the second layer; rows are whole blocks of 256 but for a head's.</summary>
    private const string Latent = """
        {
          "model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"], "hidden_act": "silu", "hidden_size": 256, "num_hidden_layers": 2,
          "intermediate_size": 512, "vocab_size": 272, "rms_norm_eps": 1e-6, "max_position_embeddings": 128, "tie_word_embeddings": false,
          "attention_bias": false, "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": 256, "kv_lora_rank": 256,
          "qk_nope_head_dim": 32, "qk_rope_head_dim": 32, "v_head_dim": 64, "rope_theta": 10000, "rope_scaling": null,
          "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 256, "n_shared_experts": 1, "n_group": 1, "topk_group": 1,
          "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 1.0, "first_k_dense_replace": 1,
          "moe_layer_freq": 1, "num_nextn_predict_layers": 0, "bos_token_id": 0, "eos_token_id": 1
        }
        """;

    /// <summary>Rows of queries and keys stand in another order in GGUF files.</summary>
    private static readonly string s_llama = TinyQwen.Config
        .Replace("Qwen2ForCausalLM", "LlamaForCausalLM", StringComparison.Ordinal).Replace("\"qwen2\"", "\"llama\"", StringComparison.Ordinal)
        .Replace("\"sliding_window\": 4096,", "", StringComparison.Ordinal);

    private static readonly EngineOptions s_options = new() { MaxSequences = 2, Threads = 2, ContextLength = 64 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> PublishedNames() => [.. ModelConfigTests.Published().Where(p => p.Value!["counts"]!["bytes_in_files"] is not null).Select(p => p.Key)];

    public static TheoryData<bool, string> Files() => new(
        from latent in (bool[])[true, false]
        from type in (string[])["bf16", "gguf-f32", "gguf-f16", "gguf-bf16", "gguf-q8_0", "gguf-q4_k_m", "gguf-q2_k"]
        select (latent, type));

    [Theory]
    [MemberData(nameof(PublishedNames))]
    public void Published_files_have_the_bytes_of_the_plan(string name)
    {
        JsonNode published = ModelConfigTests.Published()[name]!;
        ServingPlan plan = ServingPlan.Of(name, published["config"]!.ToJsonString(), null, s_options, 4000 * GB);
        Assert.Equal((long)published["counts"]!["bytes_in_files"]!, plan.StoredBytes);
        Assert.Equal((long)published["counts"]!["total"]!, plan.Parameters);
    }

    [Fact]
    public void Names_types_and_shapes_are_those_of_the_published_list()
    {
        ModelConfig config = ModelConfigReader.Parse(ModelConfigTests.Published()["deepseek-ai/DeepSeek-R1"]!["config"]!.ToJsonString());
        Dictionary<string, string> planned = PublishedTensor.Of(config, ElementType.F8E4M3).ToDictionary(t => t.Name, t => $"{t.Type.Name()} {string.Join('x', t.Shape)}");
        foreach (string[] fields in File.ReadLines(Path.Combine(Goldens.Root, "lm", "deepseek-v3-tensors.tsv")).Skip(1).Select(line => line.Split('\t')))
        {
            Assert.Equal($"{fields[0]} {fields[1]} {fields[2]}", $"{fields[0]} {planned.GetValueOrDefault(fields[0])}");
        }
    }

    /// <summary>The sizes that are known of R1: 671 B parameters, 37 B of them active, 689 GB in FP8; published Q4_K_M files, without the layer ahead, 404 GB.</summary>
    [Fact]
    public void R1_has_its_published_sizes()
    {
        string config = ModelConfigTests.Published()["deepseek-ai/DeepSeek-R1"]!["config"]!.ToJsonString();
        ServingPlan float8 = ServingPlan.Of("R1", config, "fp8", s_options with { MaxSequences = 1, ContextLength = 4096 }, 24 * GB);
        Assert.Equal(688_574_839_360, float8.StoredBytes);
        Assert.InRange(float8.Active, 36.6e9, 36.7e9);
        Assert.InRange(float8.TokenBytes, 37.5e9, 38e9); // a byte each, the head two
        Assert.Equal((ServingVerdict.FromDisk, WeightPlacement.Packed), (float8.Verdict, float8.Placement));
        Assert.InRange(float8.WeightBytes, 2.0e9, 2.2e9); // head and routers; E4M3 is computed as it is
        Assert.InRange(float8.DiskBytesPerToken, 15e9, float8.TokenBytes);

        ServingPlan blocks = ServingPlan.Of("R1", config, "q4_k_m", s_options with { MaxSequences = 1, ContextLength = 4096 }, 24 * GB);
        Assert.InRange(blocks.StoredBytes - blocks.AheadBytes, 402e9, 406e9);
        Assert.Equal((ServingVerdict.FromDisk, WeightPlacement.ExpertsInPlace), (blocks.Verdict, blocks.Placement));

        ServingPlan large = ServingPlan.Of("R1", config, "q4_k_m", s_options with { MaxSequences = 1, ContextLength = 4096 }, 1000 * GB);
        Assert.Equal((ServingVerdict.Fits, WeightPlacement.Packed, 0.0), (large.Verdict, large.Placement, large.DiskBytesPerToken));

        ServingPlan whole = ServingPlan.Of("R1", config, "fp8", new EngineOptions { MaxSequences = 1 }, 24 * GB);
        Assert.Equal(ServingVerdict.TooLarge, whole.Verdict); // 23 GB of keys and values
        ServingPlan shorter = ServingPlan.Of("R1", config, "fp8", new EngineOptions { MaxSequences = 1, ContextLength = whole.FittingContext }, 24 * GB);
        Assert.Equal(ServingVerdict.FromDisk, shorter.Verdict);
        Assert.True(shorter.CacheBytes > 0.99 * shorter.CacheRoom);
    }

    /// <summary>Planned from the config alone, from the files, and by the engine that runs: one number, and it is what the copies then take.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_plan_is_what_the_engine_decides_and_takes(bool latent, string type)
    {
        using TemporaryFolder folder = new();
        (string path, string name) = Write(folder, latent, type);
        ServingPlan files = ServingPlan.Read(path, null, s_options, GB);
        ServingPlan config = type == "gguf-bf16" || type == "gguf-f16" || type == "gguf-f32" ? files : ServingPlan.Read(folder.File("model"), name, s_options, GB);
        if (type != "bf16")
        {
            Assert.Equal(config.Types, files.Types); // published files keep the routing bias in F32, those of tests do not
        }

        Assert.Equal(
            (config.WeightBytes, config.CacheBytes, config.StepBytes, config.Placement, config.FileBytes, config.TokenBytes),
            (files.WeightBytes, files.CacheBytes, files.StepBytes, files.Placement, files.FileBytes, files.TokenBytes));

        using ModelBundle bundle = ModelBundle.Load(path, null, 2, s_options);
        EnginePlan plan = EnginePlan.Of(bundle.Decoder, CachePlan.Limit(bundle.Info, s_options), s_options, MemoryRoom.Of(GB));
        Assert.Equal(files.WeightBytes, WeightPlan.Taken(bundle.Decoder) + plan.Weights.Pending);
        Assert.Equal(files.Room, plan.Room);
        await using (Engine engine = new(bundle, s_options))
        {
            GenerationRequest request = new() { Prompt = [.. Enumerable.Range(20, 60)], MaxTokens = 1, IgnoreEndTokens = true };
            await Answer.Collect(engine, request, Token); // all experts
        }

        Assert.Equal(0, WeightPlan.Of(bundle.Decoder, s_options, WeightPlacement.Packed).Pending);
        long copies = bundle.Decoder.Parameters.Sum(w => (w.Tiles?.Bytes ?? 0) + (w.Packed is { } packed ? packed.PanelBytes * ((w.Rows + 31) / 32) : 0));
        Assert.Equal(files.WeightBytes, WeightPlan.Taken(bundle.Decoder) + copies);
    }

    /// <summary>Where copies do not fit, experts are read from the files, then all; the answers have the same bits.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public async Task Answers_do_not_depend_on_where_weights_are_read(bool latent, string type)
    {
        using TemporaryFolder folder = new();
        (string path, _) = Write(folder, latent, type);
        List<(int, float?)[]> answers = [];
        foreach (WeightPlacement placement in Enum.GetValues<WeightPlacement>())
        {
            EngineOptions options = s_options with { Placement = placement };
            using ModelBundle bundle = ModelBundle.Load(path, null, 2, options);
            await using Engine engine = new(bundle, options);
            GenerationRequest request = new()
            {
                Prompt = [.. Enumerable.Range(30, 20)],
                MaxTokens = 4,
                IgnoreEndTokens = true,
                Sampling = new SamplingOptions { Temperature = 1, Seed = 5, Logprobs = true },
            };
            answers.Add([.. (await Answer.Collect(engine, request, Token)).Tokens.Select(t => (t.Id, t.Logprob))]);
            long own = bundle.Decoder.Parameters.Where(w => w.IsMapped && w.Name.Contains(placement == WeightPlacement.InPlace ? "" : ".experts.", StringComparison.Ordinal))
                .Sum(w => (w.Tiles?.Bytes ?? 0) + (w.Packed?.PanelBytes ?? 0));
            Assert.True(placement == WeightPlacement.Packed || own == 0, $"{placement}: copies of {own} bytes");
        }

        Assert.All(answers, a => Assert.Equal(answers[0], a));
        Assert.NotNull(answers[0][0].Item2);
    }

    [Fact]
    public void Placements_follow_the_memory_there_is()
    {
        using TemporaryFolder folder = new();
        (string path, _) = Write(folder, latent: true, "gguf-q8_0");
        ServingPlan Plan(long memory) => ServingPlan.Read(path, null, s_options, memory);
        ServingPlan roomy = Plan(GB);
        Assert.Equal((WeightPlacement.Packed, ServingVerdict.Fits), (roomy.Placement, roomy.Verdict));
        long beside = roomy.StepBytes + (roomy.CacheBytes / s_options.MaxSequences);
        ServingPlan tight = Plan(beside + roomy.Room.Weights - 1);
        Assert.Equal(WeightPlacement.ExpertsInPlace, tight.Placement);
        ServingPlan tighter = Plan(beside + tight.Room.Weights - 1);
        Assert.Equal(WeightPlacement.InPlace, tighter.Placement);
        Assert.True(tighter.WeightBytes < tight.WeightBytes && tight.WeightBytes < roomy.WeightBytes);
        Assert.Equal(0, Plan(tighter.WeightBytes / 2).FittingContext);
        Assert.Equal(ServingVerdict.TooLarge, Plan(tighter.WeightBytes / 2).Verdict);
    }

    [Fact]
    public void A_step_takes_the_memory_of_one_layer()
    {
        string deep = TinyQwen.Config.Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 16", StringComparison.Ordinal);
        Decoder decoder = new(ModelConfigReader.Parse(deep), new RandomParameters(1, 0.05f));
        using CpuOps ops = new(2);
        Batch batch = new();
        batch.Add([.. Enumerable.Range(0, 800).Select(i => i % 250)]);
        float[] last = decoder.Forward(ops, batch)[799].ToArray();
        double planned = new DecoderCost(decoder).StepBytes(800, 0);
        Assert.InRange(ops.Arena.Capacity, planned / 2, 1.6 * planned); // it grows by halves

        // Whoever looks at values keeps them all, and sees the same.
        using CpuOps watched = new(2) { TensorObserver = (_, _) => { } };
        Assert.Equal(last, decoder.Forward(watched, batch)[799].ToArray());
        Assert.True(watched.Arena.Capacity > 4 * ops.Arena.Capacity);
    }

    private static (string Path, string Type) Write(TemporaryFolder folder, bool latent, string type)
    {
        string model = folder.File("model");
        TinyQwen.Write(model, latent ? Latent : s_llama);
        if (!type.StartsWith("gguf-", StringComparison.Ordinal))
        {
            return (model, type);
        }

        string name = type["gguf-".Length..];
        ModelConversion.ToGguf(model, folder.File("model.gguf"), Mixture.Find(name)!, threads: 2);
        return (folder.File("model.gguf"), name);
    }
}
