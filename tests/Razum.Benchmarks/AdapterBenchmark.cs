using System.Diagnostics;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors;

namespace Razum.Benchmarks;

/// <summary>
/// What adapters cost while decoding: 8 sequences over a dense model of 90 M parameters with random weights, without adapters, and shared among 1, 2, 4 and 8
/// adapters of rank 16 on every linear layer. Options: threads, steps.
/// </summary>
internal static class AdapterBenchmark
{
    private const int Sequences = 8;

    private static readonly LoraSettings s_settings = new()
    {
        Rank = 16,
        Alpha = 16,
        Targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    };

    private static readonly ModelConfig s_config = new()
    {
        ModelType = "llama",
        VocabSize = 4096,
        HiddenSize = 1024,
        NumHiddenLayers = 8,
        IntermediateSize = 2816,
        RmsNormEps = 1e-6f,
        MaxPositionEmbeddings = 512,
        TieWordEmbeddings = false,
        Rope = new RopeConfig(10000, RopeLayout.Half, null),
        Attention = new GqaConfig { NumAttentionHeads = 16, NumKeyValueHeads = 4, HeadDim = 64 },
    };

    internal static void Run(string[] options)
    {
        int threads = options.Length > 0 ? int.Parse(options[0]) : 2;
        int steps = options.Length > 1 ? int.Parse(options[1]) : 30;
        string folder = Directory.CreateTempSubdirectory("razum").FullName;
        var source = new RandomParameters(1, 0.05f);
        PeftFolder.Write(folder, AdaptedDecoder.Create(s_config, source, s_settings, 1, "benchmark"), s_settings, "base");
        Console.WriteLine($"{Sequences} sequences, {threads} threads, median of {steps} steps");
        Console.WriteLine();
        Console.WriteLine("| adapters | ms a step |");
        Console.WriteLine("|---|---|");
        foreach (int count in (int[])[0, 1, 2, 4, 8])
        {
            Decoder decoder = count == 0
                ? new Decoder(s_config, source)
                : AdaptedDecoder.Load(s_config, source, [.. Enumerable.Range(0, count).Select(i => new NamedAdapter($"{i}", folder))]);
            Console.WriteLine($"| {count} | {1000 * Measure(decoder, threads, steps):F2} |");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static double Measure(Decoder decoder, int threads, int steps)
    {
        ModelInfo info = new("wide", s_config.VocabSize, s_config.MaxPositionEmbeddings, []) { Adapters = decoder.AdapterNames };
        using DecoderModel model = new(decoder, Sequences, threads);
        using BlockPool pool = new(model.CacheShape, 16 * Sequences);
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions { SharePrefixes = false }, info.Adapters.Count));
        for (int i = 0; i < Sequences; i++)
        {
            loop.Add(new Sequence(
                new GenerationRequest
                {
                    Prompt = [1, 2, i],
                    Sampling = SamplingOptions.Greedy,
                    Adapter = info.Adapters.Count == 0 ? null : info.Adapters[i % info.Adapters.Count],
                },
                info));
        }

        for (int i = 0; i < 10; i++)
        {
            loop.Step();
        }

        double[] times = new double[steps];
        for (int i = 0; i < steps; i++)
        {
            long start = Stopwatch.GetTimestamp();
            loop.Step();
            times[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return Peak.Median(times);
    }
}
