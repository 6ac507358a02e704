using System.Diagnostics;
using Razum.Inference;
using Razum.Models;
using Razum.Tensors;
using Razum.Text;

namespace Razum.Benchmarks;

/// <summary>
/// Decoding with the nano shape and random weights: tokens a second of all sequences together, greedy, positions 16 to 272, and what share of the threads' FMA
/// peak the counted operations are. Options: rounds, threads (0 for one and two), speculation (none, mtp, lookup), drafts.
/// </summary>
internal static class DecodeBenchmark
{
    private const int PromptLength = 16;
    private const int Tokens = 256;

    /// <summary>Rounds before the measured ones: kernels are compiled again, faster, after many calls.</summary>
    private const int WarmUps = 12;

    internal static void Run(string[] options)
    {
        int rounds = options.Length > 0 ? int.Parse(options[0]) : 5;
        int threads = options.Length > 1 ? int.Parse(options[1]) : 0;
        SpeculationKind kind = (options.Length > 2 ? options[2] : "none") switch
        {
            "mtp" => SpeculationKind.Mtp,
            "lookup" => SpeculationKind.PromptLookup,
            _ => SpeculationKind.None,
        };
        int drafts = options.Length > 3 ? int.Parse(options[3]) : EngineOptions.DefaultDraftLength;
        Decoder decoder = NanoShape.Create();
        Console.WriteLine($"nano shape, speculation {kind}, {rounds} rounds, medians");
        Console.WriteLine();
        Console.WriteLine("| sequences | threads | peak GFLOP/s | tokens/s | us a step | of peak | drafts accepted |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (int count in threads > 0 ? [threads] : (int[])[1, 2])
        {
            foreach (int sequences in (int[])[1, 8, 64])
            {
                Measure(decoder, sequences, count, rounds, new EngineOptions { MaxSequences = 64, Speculation = kind, DraftLength = drafts });
            }
        }

        Console.WriteLine();
        foreach (int sequences in (int[])[1, 64])
        {
            double rate = Answers(decoder, sequences, rounds, new EngineOptions { MaxSequences = 64, Speculation = kind, DraftLength = drafts, Threads = threads }).Result;
            Console.WriteLine($"through the engine, with text and streams, from request to end: {sequences} at a time, {rate:N0} tokens/s");
        }
    }

    /// <summary>The whole way of an answer: requests in, pieces of text out.</summary>
    private static async Task<double> Answers(Decoder decoder, int sequences, int rounds, EngineOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("razum").FullName;
        ByteTokenizer.Write(folder);
        using ModelBundle bundle = new("nano", decoder, Tokenizer.Load(folder));
        await using Engine engine = new(bundle, options);
        double[] rates = new double[rounds];
        for (int round = -2; round < rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            int[] tokens = await Task.WhenAll(Enumerable.Range(0, sequences).Select(i => Task.Run(async () =>
            {
                int count = 0;
                await foreach (GenerationChunk chunk in engine.GenerateAsync(Create(decoder, options, i).Request with { IgnoreEndTokens = true }))
                {
                    count += chunk.Tokens.Count;
                }

                return count;
            })));
            rates[Math.Max(round, 0)] = tokens.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        Directory.Delete(folder, recursive: true);
        return Peak.Median(rates);
    }

    private static void Measure(Decoder decoder, int sequences, int threads, int rounds, EngineOptions options)
    {
        using DecoderModel model = new(decoder, options.MaxSequences, threads, options.Speculation == SpeculationKind.Mtp);
        using BlockPool pool = new(model.CacheShape, 64 * 16);
        using CpuOps ops = new(threads);
        double operations = Operations(decoder);
        double[] rates = new double[rounds], shares = new double[rounds], steps = new double[rounds], peaks = new double[rounds];
        int drafted = 0, accepted = 0;
        for (int round = -WarmUps; round < rounds; round++)
        {
            GenerationLoop loop = new(model, new Scheduler(pool, options with { SharePrefixes = false }));
            Sequence[] all = [.. Enumerable.Range(0, sequences).Select(i => Create(decoder, options, i))];
            Array.ForEach(all, loop.Add);
            while (all.Any(s => s.OutputLength == 0))
            {
                loop.Step();
            }

            double before = MachinePeak.Measure(ops.Pool, 10);
            int had = all.Sum(s => s.OutputLength), count = 0;
            long start = Stopwatch.GetTimestamp();
            while (loop.HasWork)
            {
                loop.Step();
                count++;
            }

            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double peak = (before + MachinePeak.Measure(ops.Pool, 10)) / 2;
            double rate = (all.Sum(s => s.OutputLength) - had) / seconds;
            (drafted, accepted) = (drafted + all.Sum(s => s.Drafted), accepted + all.Sum(s => s.Accepted));
            if (round >= 0)
            {
                (rates[round], shares[round], steps[round], peaks[round]) = (rate, rate * operations / peak, seconds / count, peak);
            }
        }

        string hits = drafted == 0 ? "" : $"{(double)accepted / drafted:P0}";
        Console.WriteLine(
            $"| {sequences} | {threads} | {Peak.Median(peaks) / 1e9:F0} | {Peak.Median(rates):N0} | {Peak.Median(steps) * 1e6:F1} | {Peak.Median(shares):P1} | {hits} |");
    }

    /// <summary>Operations of a token, on average over the positions: a third of a training step's.</summary>
    private static double Operations(Decoder decoder)
    {
        DecoderCost cost = new(decoder);
        return Enumerable.Range(PromptLength, Tokens).Sum(past => cost.Forward(past, 1, 1)) / Tokens;
    }

    private static Sequence Create(Decoder decoder, EngineOptions options, int index)
    {
        Random random = new(index);
        GenerationRequest request = new()
        {
            Prompt = [.. Enumerable.Range(0, PromptLength).Select(_ => random.Next(decoder.Config.VocabSize))],
            MaxTokens = Tokens,
            Sampling = SamplingOptions.Greedy,
            Speculation = options.Speculation,
            DraftLength = options.DraftLength,
        };
        return new Sequence(request, NanoShape.Info(decoder));
    }
}
