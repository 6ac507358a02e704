using System.Diagnostics;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Machine;
using Razum.Tensors.Threading;

namespace Razum.Benchmarks;

/// <summary>
/// A whole model of the shape of R1-Distill-Qwen-1.5B with random weights, quantised: tokens per second of decoding behind a prompt of 128, as a share of
/// the read bandwidth (bytes of all matrices, read once a token), and of a prompt of 512, as a share of the peak of <c>vpdpbusd</c> (2 operations per
/// weight and token; attention and the head are not counted). Peaks of the same threads in the same process, around every run.
/// Options: threads, rounds, layers.
/// </summary>
internal static class QuantisedModelBenchmark
{
    private const int DecodedTokens = 16;
    private const int Prompt = 512;
    private const int Past = 128;

    internal static void Run(string[] options)
    {
        int threads = options.Length > 0 ? int.Parse(options[0]) : Environment.ProcessorCount;
        int rounds = options.Length > 1 ? int.Parse(options[1]) : 5;
        int layers = options.Length > 2 ? int.Parse(options[2]) : 28;
        Console.WriteLine($"R1-Distill-Qwen-1.5B shape, {layers} layers, {threads} threads, medians of {rounds} rounds");
        Console.WriteLine();
        Console.WriteLine("| format | GB of matrices | decode tokens/s | of bandwidth | prompt tokens/s | of vpdpbusd peak |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (WeightFormat format in WeightFormats.Quantised)
        {
            Measure(format, threads, rounds, layers);
        }
    }

    private static void Measure(WeightFormat format, int threads, int rounds, int layers)
    {
        using CpuOps ops = new(threads);
        using ReadBandwidth bandwidth = new(ops.Pool);
        Decoder decoder = new(Config(layers), new QuantisedParameters(new Noise(), format, ops.Pool));
        Weight[] matrices = [.. decoder.Parameters.Where(w => WeightFormats.Quantised.Contains(w.Format))];
        double bytes = matrices.Sum(w => w.StoredBytes);
        double operations = 2.0 * Prompt * matrices.Where(w => w != decoder.Head).Sum(w => w.Count);
        double[] decode = new double[rounds], decodeShare = new double[rounds], prompt = new double[rounds], promptShare = new double[rounds];
        for (int i = -1; i < rounds; i++)
        {
            double before = bandwidth.Best(100);
            double tokens = Decode(ops, decoder);
            double peak = (before + bandwidth.Best(100)) / 2;
            double beforePrompt = MachinePeak.Measure(ops.Pool, 10, MachinePeak.MeasureInt8);
            double seconds = Forward(ops, decoder, Prompt, out _);
            double promptPeak = (beforePrompt + MachinePeak.Measure(ops.Pool, 10, MachinePeak.MeasureInt8)) / 2;
            if (i >= 0)
            {
                (decode[i], decodeShare[i]) = (tokens, tokens * bytes / peak);
                (prompt[i], promptShare[i]) = (Prompt / seconds, operations / seconds / promptPeak);
            }
        }

        Console.WriteLine(
            $"| {format} | {bytes / 1e9:F2} | {Peak.Median(decode):F1} | {Peak.Median(decodeShare):P1} | {Peak.Median(prompt):F0} | {Peak.Median(promptShare):P1} |");
        foreach (Weight weight in decoder.Parameters)
        {
            weight.Dispose();
        }
    }

    /// <summary>Tokens per second behind a prompt.</summary>
    private static double Decode(CpuOps ops, Decoder decoder)
    {
        Forward(ops, decoder, Past, out KeyValueCache cache);
        using (cache)
        {
            Batch batch = new();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < DecodedTokens; i++)
            {
                ops.Arena.Reset();
                batch.Clear();
                batch.Add([i], cache);
                decoder.Logits(ops, decoder.Forward(ops, batch));
                batch.Commit();
            }

            return DecodedTokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    /// <summary>Seconds of a prompt with the logits of its last row.</summary>
    private static double Forward(CpuOps ops, Decoder decoder, int count, out KeyValueCache cache)
    {
        cache = decoder.CreateCache(Prompt + DecodedTokens);
        Batch batch = new();
        batch.Add([.. Enumerable.Range(0, count)], cache);
        ops.Arena.Reset();
        long start = Stopwatch.GetTimestamp();
        Tensor hidden = decoder.Forward(ops, batch);
        decoder.Logits(ops, hidden.SliceRows(count - 1, 1));
        batch.Commit();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static ModelConfig Config(int layers) => new()
    {
        ModelType = "qwen2",
        VocabSize = 151936,
        HiddenSize = 1536,
        NumHiddenLayers = layers,
        IntermediateSize = 8960,
        RmsNormEps = 1e-6f,
        MaxPositionEmbeddings = 4096,
        TieWordEmbeddings = false,
        Rope = new RopeConfig(10000, RopeLayout.Half, null),
        Attention = new GqaConfig { NumAttentionHeads = 12, NumKeyValueHeads = 2, HeadDim = 128, QkvBias = true },
    };

    /// <summary>Weights that are quickly made: uniform noise of the usual deviation. Nothing here depends on the values.</summary>
    private sealed class Noise : ParameterSource
    {
        private uint _state = 1;

        public override Weight Get(string name, int rows, int columns) => Fill(Weight.Create(name, rows, columns));

        public override Weight GetVector(string name, int length) => Fill(Weight.Create(name, 1, length, isVector: true));

        public override bool Contains(string name) => true;

        private Weight Fill(Weight weight)
        {
            uint state = _state;
            foreach (ref float value in weight.AsSpan())
            {
                state = (state * 1664525) + 1013904223;
                value = ((int)state >> 8) * (0.035f / (1 << 23));
            }

            _state = state;
            return weight;
        }
    }
}
