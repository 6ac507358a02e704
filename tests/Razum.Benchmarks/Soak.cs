using System.Diagnostics;
using Razum.Inference;
using Razum.Models;
using Razum.Tensors;

namespace Razum.Benchmarks;

/// <summary>
/// Random load for as long as wanted: requests join, leave, are cancelled, share prefixes, speculate and lose their blocks in a cache of little more than one
/// context. Every answer that ends is compared with the one computed alone, and memory is printed as time goes by. Fails on the first difference.
/// Options: --minutes N, --seed N.
/// </summary>
internal static class Soak
{
    private const int Context = 192;

    internal static void Run(string[] options)
    {
        double minutes = Option(options, "--minutes", 1);
        Random random = new((int)Option(options, "--seed", 1));
        EngineOptions engine = new() { MaxSequences = 12, TokenBudget = 48, ContextLength = Context, CacheTokens = 320, Speculation = SpeculationKind.Mtp, Threads = 1 };
        Decoder decoder = NanoShape.Create();
        ModelInfo info = NanoShape.Info(decoder) with { ContextLength = Context };
        using DecoderModel model = new(decoder, engine.MaxSequences, 1, drafts: true);
        using BlockPool pool = new(model.CacheShape, BlockTable.BlocksFor(engine.CacheTokens));
        Scheduler scheduler = new(pool, engine);
        GenerationLoop loop = new(model, scheduler);
        int[] shared = [.. Enumerable.Range(0, 90).Select(_ => random.Next(decoder.Config.VocabSize))];
        List<Sequence> open = [];
        long begin = Stopwatch.GetTimestamp(), nextReport = 0;
        int answers = 0, cancelled = 0;
        long tokens = 0, cached = 0, drafted = 0, accepted = 0;
        Console.WriteLine("| minutes | answers | cancelled | preempted | tokens | from the cache | drafts accepted | managed MB | blocks MB | process MB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        while (true)
        {
            double elapsed = Stopwatch.GetElapsedTime(begin).TotalMinutes;
            bool ends = elapsed >= minutes;
            if (!ends && open.Count < 24 && random.Next(6) == 0)
            {
                GenerationRequest request = Request(random, shared, decoder.Config.VocabSize);
                for (int samples = random.Next(4) == 0 ? 4 : 1; samples > 0; samples--)
                {
                    open.Add(new Sequence(request with { Sampling = request.Sampling with { Seed = (ulong)random.NextInt64() } }, info));
                    loop.Add(open[^1]);
                }
            }

            loop.Step();
            if (open.Count > 0 && random.Next(60) == 0)
            {
                open[random.Next(open.Count)].Cancel();
            }

            foreach (Sequence sequence in open.Where(s => s.IsDone))
            {
                if (sequence.FinishReason is null)
                {
                    cancelled += sequence.Failure is null ? 1 : throw sequence.Failure;
                    continue;
                }

                Compare(sequence, Alone(decoder, sequence.Request, info));
                answers++;
                (tokens, cached) = (tokens + sequence.OutputLength, cached + sequence.CachedPrompt);
                (drafted, accepted) = (drafted + sequence.Drafted, accepted + sequence.Accepted);
            }

            open.RemoveAll(s => s.IsDone);
            if (ends && !loop.HasWork)
            {
                break;
            }

            if (Stopwatch.GetElapsedTime(begin).Ticks >= nextReport)
            {
                nextReport += (long)(TimeSpan.TicksPerMinute * minutes / 20);
                GC.Collect();
                Console.WriteLine(
                    $"| {elapsed:F1} | {answers} | {cancelled} | {scheduler.Preemptions} | {tokens} | {cached} | {accepted} of {drafted} "
                    + $"| {GC.GetTotalMemory(false) / 1e6:F2} | {pool.Bytes / 1e6:F2} | {Environment.WorkingSet / 1e6:F1} |");
            }
        }

        if (pool.Free != pool.Count)
        {
            throw new InvalidOperationException($"{pool.Count - pool.Free} of {pool.Count} blocks did not come back");
        }

        Console.WriteLine();
        Console.WriteLine($"{answers} answers, {tokens} tokens, each as computed alone; {cancelled} cancelled, {scheduler.Preemptions} preempted; all {pool.Count} blocks came back");
    }

    private static void Compare(Sequence sequence, Sequence alone)
    {
        if (!alone.Tokens.SequenceEqual(sequence.Tokens))
        {
            int place = alone.Tokens.CommonPrefixLength(sequence.Tokens);
            throw new InvalidOperationException($"token {place} of a request with seed {sequence.Request.Sampling.Seed} is not the one computed alone");
        }
    }

    /// <summary>The same request with nothing beside it, in an engine of its own that shares nothing.</summary>
    private static Sequence Alone(Decoder decoder, GenerationRequest request, ModelInfo info)
    {
        using DecoderModel model = new(decoder, 1, 1, drafts: true);
        using BlockPool pool = new(model.CacheShape, BlockTable.BlocksFor(Context));
        GenerationLoop loop = new(model, new Scheduler(pool, new EngineOptions { SharePrefixes = false, Speculation = SpeculationKind.Mtp }));
        Sequence sequence = new(request, info);
        loop.Add(sequence);
        while (loop.HasWork)
        {
            loop.Step();
        }

        return sequence;
    }

    private static GenerationRequest Request(Random random, int[] shared, int vocabulary) => new()
    {
        Prompt =
        [
            .. shared[..random.Next(shared.Length)],
            .. Enumerable.Range(0, 1 + random.Next(random.Next(3) == 0 ? 80 : 8)).Select(_ => random.Next(vocabulary)),
        ],
        MaxTokens = 1 + random.Next(120),
        Speculation = (SpeculationKind)random.Next(3),
        DraftLength = 1 + random.Next(4),
        Sampling = new SamplingOptions
        {
            Temperature = random.Next(3) == 0 ? 0 : 0.2 + random.NextDouble(),
            TopP = random.Next(3) == 0 ? 0.9 : 1,
            PresencePenalty = random.Next(3) == 0 ? 0.5 : 0,
        },
    };

    private static double Option(string[] options, string name, double otherwise)
    {
        int place = Array.IndexOf(options, name);
        return place >= 0 && place + 1 < options.Length ? double.Parse(options[place + 1]) : otherwise;
    }
}
