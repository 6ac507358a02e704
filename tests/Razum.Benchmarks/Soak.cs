using System.Diagnostics;
using Razum.Inference;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Tensors.Threading;
using Razum.Text;

namespace Razum.Benchmarks;

/// <summary>
/// Random load for as long as wanted, on two engines at once: one over F32 weights that guesses with its layer of multi-token prediction, one over Q8_0
/// weights with two adapters and two threads. Requests of many callers join, leave, are cancelled, share prefixes and lose their blocks in caches of little
/// more than one context. Every answer that ends is compared with the one computed alone, and memory is printed as time goes by. Fails on the first
/// difference. Options: --minutes N, --seed N.
/// </summary>
internal static class Soak
{
    private const int Context = 192;
    private const int Callers = 8;
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(20);

    internal static void Run(string[] options)
    {
        double minutes = Option(options, "--minutes", 1);
        int seed = (int)Option(options, "--seed", 1);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("razum");
        ByteTokenizer.Write(folder.FullName);
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(folder.FullName, "tokenizer.json"));
        EngineOptions engine = new() { MaxSequences = 12, TokenBudget = 48, ContextLength = Context, CacheTokens = 320, Threads = 1 };
        Load[] loads =
        [
            new(new ModelBundle("F32", NanoShape.Create(), tokenizer), engine with { Speculation = SpeculationKind.Mtp }),
            new(new ModelBundle("Q8_0", WithAdapters(folder.FullName), tokenizer), engine with { Threads = 2 }),
        ];
        folder.Delete(recursive: true);
        long begin = Stopwatch.GetTimestamp();
        bool Ends() => Stopwatch.GetElapsedTime(begin).TotalMinutes >= minutes;
        Task[] callers = [.. Enumerable.Range(0, Callers * loads.Length).Select(i => Task.Run(() => loads[i % loads.Length].Call(new Random((seed * 1000) + i), Ends)))];
        Console.WriteLine("| minutes | answers | cancelled | preempted | tokens | from the cache | drafts accepted | managed MB | process MB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        while (!Array.Exists(callers, c => c.IsFaulted) && !Ends())
        {
            Task.WaitAny(callers, TimeSpan.FromMinutes(minutes / 20));
            GC.Collect();
            Console.WriteLine(
                $"| {Stopwatch.GetElapsedTime(begin).TotalMinutes:F1} | {loads.Sum(l => l.Answers)} | {loads.Sum(l => l.Cancelled)} | {loads.Sum(l => l.Preemptions)} "
                + $"| {loads.Sum(l => l.Tokens)} | {loads.Sum(l => l.Cached)} | {loads.Sum(l => l.Accepted)} of {loads.Sum(l => l.Drafted)} "
                + $"| {GC.GetTotalMemory(false) / 1e6:F2} | {Environment.WorkingSet / 1e6:F1} |");
        }

        Task.WhenAll(callers).GetAwaiter().GetResult(); // the first failure
        Console.WriteLine();
        foreach (Load load in loads)
        {
            load.End();
        }
    }

    /// <summary>The nano shape in Q8_0 with two adapters of random values.</summary>
    private static Decoder WithAdapters(string folder)
    {
        LoraSettings settings = new() { Rank = 4, Alpha = 4, Targets = ["q_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] };
        using WorkerPool pool = new(1);
        ParameterSource source = new QuantisedParameters(new RandomParameters(1, 0.1f), WeightFormat.Q8_0, pool);
        NamedAdapter[] adapters = [new("first", Path.Combine(folder, "first")), new("second", Path.Combine(folder, "second"))];
        foreach (NamedAdapter adapter in adapters)
        {
            Decoder adapted = AdaptedDecoder.Create(NanoShape.Config(), source, settings, adapter.Name.Length, "soak");
            RandomParameters values = new(adapter.Name.Length, 0.1f);
            foreach (LoraPair pair in adapted.Adapters)
            {
                using Weight random = values.Get(pair.B.Name, pair.B.Rows, pair.B.Columns);
                random.AsSpan().CopyTo(pair.B.AsSpan());
            }

            PeftFolder.Write(adapter.Path, adapted, settings, "nano");
        }

        Decoder decoder = AdaptedDecoder.Load(NanoShape.Config(), source, adapters);
        decoder.LatentForm = LatentAttentionForm.Absorbed;
        return decoder;
    }

    private static double Option(string[] options, string name, double otherwise)
    {
        int place = Array.IndexOf(options, name);
        return place >= 0 && place + 1 < options.Length ? double.Parse(options[place + 1]) : otherwise;
    }

    /// <summary>An engine, its callers, and what they have seen.</summary>
    private sealed class Load(ModelBundle bundle, EngineOptions options)
    {
        private readonly Engine _engine = new(bundle, options);
        private readonly SemaphoreSlim _alone = new(1);
        private readonly int[] _shared = [.. Enumerable.Range(0, 90).Select(i => (i * 97) % ByteTokenizer.VocabSize)];
        private long _answers, _cancelled, _tokens, _cached, _drafted, _accepted;

        public long Answers => Volatile.Read(ref _answers);

        public long Cancelled => Volatile.Read(ref _cancelled);

        public long Tokens => Volatile.Read(ref _tokens);

        public long Cached => Volatile.Read(ref _cached);

        public long Drafted => Volatile.Read(ref _drafted);

        public long Accepted => Volatile.Read(ref _accepted);

        public long Preemptions => _engine.Preemptions;

        /// <summary>A caller: one request after the other, sometimes four samples of one prompt.</summary>
        public async Task Call(Random random, Func<bool> ends)
        {
            while (!ends())
            {
                await Task.Delay(random.Next(20)).ConfigureAwait(false);
                GenerationRequest request = Request(random);
                int samples = random.Next(4) == 0 ? 4 : 1;
                await Task.WhenAll(Enumerable.Range(0, samples).Select(_ => Ask(
                    request with { Sampling = request.Sampling with { Seed = (ulong)random.NextInt64() } }, new Random(random.Next())))).ConfigureAwait(false);
            }
        }

        /// <summary>Closes the engine; fails unless all memory has come back.</summary>
        public void End()
        {
            _engine.DisposeAsync().AsTask().Wait(); // its thread has let go of the last request
            (int free, int count) = _engine.Blocks;
            Console.WriteLine(
                $"{bundle.Info.Name}: {Answers} answers, {Tokens} tokens, each as computed alone; {Cancelled} cancelled, {Preemptions} preempted; "
                + $"{free} of {count} blocks came back");
            if (free != count)
            {
                throw new InvalidOperationException($"{count - free} blocks did not come back");
            }
        }

        /// <summary>One request; one in eight is given up: by its token, or by no longer reading.</summary>
        private async Task Ask(GenerationRequest request, Random random)
        {
            using CancellationTokenSource cancel = new(s_longest);
            int read = random.Next(16) == 0 ? random.Next(100) : int.MaxValue;
            bool cancels = random.Next(16) == 0;
            if (cancels)
            {
                cancel.CancelAfter(random.Next(300));
            }

            List<int> tokens = [];
            Usage? usage = null;
            try
            {
                await foreach (GenerationChunk chunk in _engine.GenerateAsync(request, cancel.Token).ConfigureAwait(false))
                {
                    tokens.AddRange(chunk.Tokens.Select(t => t.Id));
                    usage = chunk.Usage;
                    if (tokens.Count >= read)
                    {
                        break;
                    }
                }
            }
            catch (OperationCanceledException) when (cancels)
            {
            }

            if (usage is null)
            {
                Interlocked.Increment(ref _cancelled);
                return;
            }

            await _alone.WaitAsync().ConfigureAwait(false);
            int[] alone = Alone(request)[request.Prompt.Count..];
            _alone.Release();
            if (!alone.AsSpan().SequenceEqual(tokens.ToArray()))
            {
                int place = alone.AsSpan().CommonPrefixLength(tokens.ToArray());
                throw new InvalidOperationException($"{bundle.Info.Name}: token {place} of a request with seed {request.Sampling.Seed} is not the one computed alone");
            }

            Interlocked.Increment(ref _answers);
            Interlocked.Add(ref _tokens, tokens.Count);
            Interlocked.Add(ref _cached, usage.CachedPromptTokens);
            Interlocked.Add(ref _drafted, usage.DraftedTokens);
            Interlocked.Add(ref _accepted, usage.AcceptedTokens);
        }

        /// <summary>The same request with nothing beside it, in memory of its own, and without the thread and streams of an engine.</summary>
        private int[] Alone(GenerationRequest request)
        {
            bool drafts = options.Speculation == SpeculationKind.Mtp;
            using DecoderModel model = new(bundle.Decoder, 1, 1, drafts);
            using BlockPool pool = new(model.CacheShape, BlockTable.BlocksFor(Context));
            GenerationLoop loop = new(model, new Scheduler(pool, options with { SharePrefixes = false }, bundle.Info.Adapters.Count));
            Sequence sequence = new(request, _engine.Model);
            loop.Add(sequence);
            while (loop.HasWork)
            {
                loop.Step();
            }

            return [.. sequence.Tokens];
        }

        private GenerationRequest Request(Random random) => new()
        {
            Prompt =
            [
                .. _shared[..random.Next(_shared.Length)],
                .. Enumerable.Range(0, 1 + random.Next(random.Next(3) == 0 ? 80 : 8)).Select(_ => random.Next(ByteTokenizer.VocabSize)),
            ],
            MaxTokens = 1 + random.Next(120),
            IgnoreEndTokens = random.Next(2) == 0,
            Adapter = bundle.Info.Adapters.Count > 0 && random.Next(3) is var adapter and < 2 ? bundle.Info.Adapters[adapter] : null,
            Speculation = random.Next(3) switch
            {
                0 => SpeculationKind.None,
                1 => SpeculationKind.PromptLookup,
                _ => options.Speculation, // the model's own layer, or nothing
            },
            DraftLength = 1 + random.Next(4),
            Sampling = new SamplingOptions
            {
                Temperature = random.Next(3) == 0 ? 0 : 0.2 + random.NextDouble(),
                TopP = random.Next(3) == 0 ? 0.9 : 1,
                PresencePenalty = random.Next(3) == 0 ? 0.5 : 0,
            },
        };
    }
}
