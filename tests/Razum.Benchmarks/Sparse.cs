using System.Diagnostics;
using System.Globalization;
using Razum.Inference;
using Razum.Training.Speed;

namespace Razum.Benchmarks;

/// <summary>
/// A checkpoint larger than memory and disk: written with holes for bytes, opened, and run. <c>sparse PATH</c> writes the folder of a shape (<c>--shape NAME</c>, R1
/// with 671 B parameters unless said otherwise) in its published E4M3 layout (<c>--filled</c>: matrices have bytes, for a real disk). <c>sparse PATH --run</c> loads
/// any folder or .gguf file and runs one-token requests (<c>--tokens N</c>), reporting seconds and memory; <c>--place packed|experts|all</c> says where weights are read.
/// </summary>
internal static class Sparse
{
    private const int Shards = 163;
    private const int Context = 4096;

    internal static void Run(string[] options)
    {
        string path = options.FirstOrDefault(o => !o.StartsWith("--", StringComparison.Ordinal)) ?? throw new ArgumentException("sparse PATH [--run]");
        if (options.Contains("--run"))
        {
            Measure(path, Option(options, "--place"), int.Parse(Option(options, "--tokens") ?? "3", CultureInfo.InvariantCulture));
            return;
        }

        string shape = Option(options, "--shape") ?? "r1-671b";
        Stopwatch clock = Stopwatch.StartNew();
        SparseCheckpoint.Write(path, NamedShapes.Text(shape), Shards, options.Contains("--filled"));
        Console.WriteLine($"wrote {path} in {clock.Elapsed.TotalSeconds:F1} s");
    }

    private static void Measure(string path, string? place, int tokens)
    {
        Stopwatch clock = Stopwatch.StartNew();
        using ModelBundle bundle = ModelBundle.Load(path);
        double loaded = clock.Elapsed.TotalSeconds;
        bool routes = bundle.Decoder.Config.Moe is { RoutedPerToken: > 0 };
        Engine engine = new(bundle, new EngineOptions
        {
            ContextLength = Context,
            MaxSequences = 1,
            RecordRouting = routes,
            Placement = place switch
            {
                "packed" => WeightPlacement.Packed,
                "experts" => WeightPlacement.ExpertsInPlace,
                "all" => WeightPlacement.InPlace,
                _ => null,
            },
        });
        Console.WriteLine($"files open after {loaded:F2} s, engine ready after {clock.Elapsed.TotalSeconds:F2} s; {Memory()}");
        HashSet<(int, int)> visited = [];
        for (int i = 0; i < tokens; i++)
        {
            clock.Restart();
            (int fresh, int all) = Generate(engine, 97 + i, routes, visited).GetAwaiter().GetResult();
            Console.WriteLine($"token {i + 1}: {clock.Elapsed.TotalSeconds:F2} s; {all} experts, {fresh} of them new; {Memory()}");
        }

        engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>One step: a prompt of one token, and the token after it. Counts the experts it went to, and those of them that no token before had gone to.</summary>
    private static async Task<(int Fresh, int All)> Generate(Engine engine, int token, bool routes, HashSet<(int, int)> visited)
    {
        int fresh = 0, all = 0;
        GenerationRequest request = new() { Prompt = [token], MaxTokens = 1, RecordRouting = routes, Sampling = new SamplingOptions { Temperature = 0 } };
        await foreach (GenerationChunk chunk in engine.GenerateAsync(request).ConfigureAwait(false))
        {
            ushort[] experts = chunk.Experts ?? [];
            all += experts.Length;
            fresh += experts.Where((e, i) => visited.Add((i, e))).Count();
        }

        return (fresh, all);
    }

    private static string Memory()
    {
        Dictionary<string, double> fields = File.ReadLines("/proc/self/status").Select(l => l.Split(':')).Where(p => p[0] is "VmHWM" or "RssAnon" or "RssFile")
            .ToDictionary(p => p[0], p => double.Parse(p[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024 / 1e9);
        return string.Create(CultureInfo.InvariantCulture, $"private {fields["RssAnon"]:F2} GB, mapped {fields["RssFile"]:F2} GB, most of both {fields["VmHWM"]:F2} GB");
    }

    private static string? Option(string[] options, string name)
    {
        int place = Array.IndexOf(options, name);
        return place >= 0 && place + 1 < options.Length ? options[place + 1] : null;
    }
}
