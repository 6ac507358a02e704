using System.Diagnostics;
using Razum.Inference;
using Razum.Text;
using Razum.Training.Data;

namespace Razum.Benchmarks;

/// <summary>
/// Greedy answers of a trained model to fresh problems, one at a time through the engine, plain and with guesses that are checked together: tokens a second,
/// accepted guesses, and the gain over the plain run beside it. Options: folder of the model, rounds, threads.
/// </summary>
internal static class SpeculationBenchmark
{
    private const int Problems = 80;

    private static readonly (SpeculationKind Kind, int Drafts)[] s_ways =
    [
        (SpeculationKind.None, 1), (SpeculationKind.Mtp, 1), (SpeculationKind.Mtp, 2), (SpeculationKind.Mtp, 3), (SpeculationKind.Mtp, 4),
        (SpeculationKind.PromptLookup, 2), (SpeculationKind.PromptLookup, 4),
    ];

    internal static void Run(string[] options)
    {
        string folder = options.Length > 0 ? options[0] : "models/nano";
        int rounds = options.Length > 1 ? int.Parse(options[1]) : 5;
        int threads = options.Length > 2 ? int.Parse(options[2]) : 0;
        using ModelBundle bundle = ModelBundle.Load(folder);
        NanoExamples examples = new(99);
        GenerationRequest[] requests = [.. Enumerable.Range(0, Problems).Select(i => Ask(bundle, examples.Evaluation((ulong)i).Turns[0].User))];
        Console.WriteLine($"{bundle.Info.Name}, {Problems} problems one after the other, {rounds} rounds, medians");
        Console.WriteLine();
        Console.WriteLine("| guesses | at most | tokens/s | accepted | gain |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach ((SpeculationKind kind, int drafts) in s_ways)
        {
            double[] rates = new double[rounds], gains = new double[rounds];
            Usage usage = new(0, 0);
            for (int round = -2; round < rounds; round++)
            {
                (double plain, _) = Answers(bundle, requests, new EngineOptions { Threads = threads }).Result;
                (double rate, usage) = Answers(bundle, requests, new EngineOptions { Threads = threads, Speculation = kind, DraftLength = drafts }).Result;
                (rates[Math.Max(round, 0)], gains[Math.Max(round, 0)]) = (rate, rate / plain);
            }

            string hits = usage.DraftedTokens == 0 ? "" : $"{(double)usage.AcceptedTokens / usage.DraftedTokens:P1}";
            Console.WriteLine($"| {kind} | {drafts} | {Peak.Median(rates):N0} | {hits} | {Peak.Median(gains):F2}x |");
        }
    }

    private static GenerationRequest Ask(ModelBundle bundle, string question) => new()
    {
        Prompt = bundle.Tokenizer.Encode(bundle.Template.Render([new ChatMessage("user", question)], new ChatOptions())),
        StartsInReasoning = bundle.Template.StartsInReasoning(new ChatOptions()),
        StopTokens = [bundle.Template.EndOfTurn],
        Sampling = SamplingOptions.Greedy,
    };

    private static async Task<(double Rate, Usage Usage)> Answers(ModelBundle bundle, GenerationRequest[] requests, EngineOptions options)
    {
        await using Engine engine = new(bundle, options with { MaxSequences = 1 });
        Usage sum = new(0, 0);
        long start = Stopwatch.GetTimestamp();
        foreach (GenerationRequest request in requests)
        {
            await foreach (GenerationChunk chunk in engine.GenerateAsync(request))
            {
                if (chunk.Usage is { } usage)
                {
                    sum = sum with
                    {
                        CompletionTokens = sum.CompletionTokens + usage.CompletionTokens,
                        DraftedTokens = sum.DraftedTokens + usage.DraftedTokens,
                        AcceptedTokens = sum.AcceptedTokens + usage.AcceptedTokens,
                    };
                }
            }
        }

        return (sum.CompletionTokens / Stopwatch.GetElapsedTime(start).TotalSeconds, sum);
    }
}
