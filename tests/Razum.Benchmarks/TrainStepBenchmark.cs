using System.Diagnostics;
using Razum.Models;
using Razum.Tensors;
using Razum.Training.Data;
using Razum.Training.Loop;
using Razum.Training.Optimizers;

namespace Razum.Benchmarks;

/// <summary>
/// Whole training steps (forward, cross-entropy, backward, clipping, AdamW) as shares of the peak of the same threads in the same arithmetic, measured between
/// the steps.
/// The models of the house's baselines: six layers of 256, vocabulary 512, 16 sequences of 256; dense (feed-forward 704), and with 8 experts of 128, two chosen,
/// and a shared one after a dense first layer. Operations are counted: 6 per active parameter and token, and attention. Options: rounds, tokens of a micro-batch.
/// </summary>
internal static class TrainStepBenchmark
{
    private const int Length = 256;
    private const int Sequences = 16;
    private const int Vocabulary = 512;

    internal static void Run(string[] options)
    {
        int rounds = options.Length > 0 ? int.Parse(options[0]) : 9;
        int microBatch = options.Length > 1 ? int.Parse(options[1]) : Length * Sequences;
        Console.WriteLine($"{Sequences} sequences of {Length}, micro-batches of {microBatch} tokens; {rounds} rounds, medians");
        Console.WriteLine();
        Console.WriteLine("| model | arithmetic | threads | peak GFLOP/s | tokens/s | of peak |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (Arithmetic arithmetic in Peak.Measured)
        {
            foreach (bool experts in (bool[])[false, true])
            {
                foreach (int threads in (int[])[1, 2])
                {
                    Measure(arithmetic, experts, threads, rounds, microBatch);
                }
            }
        }
    }

    private static void Measure(Arithmetic arithmetic, bool experts, int threads, int rounds, int microBatch)
    {
        using CpuOps ops = new(threads, null, arithmetic);
        Func<double, double> measure = MachinePeak.Of(arithmetic);
        Decoder decoder = new(Config(experts), new RandomParameters(1, 0.02f));
        HashSet<Weight> biases = [.. decoder.Mixtures.Select(m => m.CorrectionBias).OfType<Weight>()];
        using AdamW optimizer = new(decoder.Parameters.Where(w => !biases.Contains(w)), ops.Pool, new AdamWSettings());
        using TrainStep step = new(decoder, ops);
        DecoderCost cost = new(decoder);
        TrainingSequence[] sequences = [.. Enumerable.Range(0, Sequences).Select(Sequence)];
        double operations = sequences.Length * cost.Training(Length, withMtp: false);
        double[] shares = new double[rounds];
        double[] seconds = new double[rounds];
        double[] peaks = new double[rounds];
        for (int i = -2; i < rounds; i++)
        {
            double before = MachinePeak.Measure(ops.Pool, 20, measure);
            long start = Stopwatch.GetTimestamp();
            step.Accumulate(sequences, microBatch, 0, experts ? 1e-4 : 0);
            optimizer.Update(1e-3, optimizer.GradientNorm());
            double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double peak = (before + MachinePeak.Measure(ops.Pool, 20, measure)) / 2;
            if (i >= 0)
            {
                (shares[i], seconds[i], peaks[i]) = (operations / elapsed / peak, elapsed, peak);
            }
        }

        string name = experts ? "8 experts" : "dense";
        double rate = Sequences * Length / Peak.Median(seconds);
        Console.WriteLine($"| {name} 6x256 | {arithmetic} | {threads} | {Peak.Median(peaks) / 1e9:F0} | {rate:N0} | {Peak.Median(shares):P1} |");
    }

    private static TrainingSequence Sequence(int index)
    {
        Random random = new(index);
        TrainingSequence sequence = new();
        for (int i = 0; i < Length; i++)
        {
            sequence.Add(random.Next(Vocabulary), isTarget: true);
        }

        return sequence;
    }

    private static ModelConfig Config(bool experts) => new()
    {
        ModelType = experts ? "qwen3_moe" : "llama",
        VocabSize = Vocabulary,
        HiddenSize = 256,
        NumHiddenLayers = 6,
        IntermediateSize = 704,
        RmsNormEps = 1e-6f,
        MaxPositionEmbeddings = Length,
        TieWordEmbeddings = false,
        Rope = new RopeConfig(10000, RopeLayout.Half, null),
        Attention = new GqaConfig { NumAttentionHeads = 8, NumKeyValueHeads = 8, HeadDim = 32 },
        Moe = experts
            ? new MoeConfig
            {
                Router = new RouterShape(8, 2, RouterScore.Sigmoid, 1, 1, GroupScore.TopTwoSum, true, 1.41f),
                MoeIntermediateSize = 128,
                SharedIntermediateSize = 128,
                CorrectionBias = true,
                Layers = [false, true, true, true, true, true],
            }
            : null,
    };
}
