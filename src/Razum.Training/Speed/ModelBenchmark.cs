using System.Diagnostics;
using Razum.Inference;
using Razum.Models;
using Razum.Tensors.Machine;
using Razum.Tensors.Simd;

namespace Razum.Training.Speed;

/// <summary>
/// Measures a model in rounds: before each the machine's peaks, then every kind of work once, or as often as fills a short time. A figure is the median of
/// the rounds; its share is that of the peaks of its own round, so that a machine that is busy or hot for a while does not distort it.
/// </summary>
public sealed class ModelBenchmark(MeasuredModel model, BenchmarkOptions options)
{
    private const int UsualPrompt = 512;
    private const int UsualGenerate = 128;
    private const double PeakMilliseconds = 45;
    private const double WarmUpSeconds = 0.7;

    private readonly ModelInfo _info = model.Bundle.Info;

    /// <summary>Called with what begins, and the share of all work that is done.</summary>
    public Action<string, double>? Progress { get; init; }

    /// <summary>Does it all.</summary>
    /// <exception cref="ArgumentException">An option does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a training step under way is finished first.</exception>
    public async Task<BenchmarkReport> RunAsync(CancellationToken cancellation = default)
    {
        int prompt = Tokens(options.PromptTokens, UsualPrompt, "prompt");
        int generate = Tokens(options.GenerateTokens, UsualGenerate, "generate");
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Rounds, 1);
        await using var generation = new GenerationWork(model.Bundle, options.Threads, options.BatchSizes.Append(new EngineOptions().MaxSequences).Max());
        string? withoutTraining = null;
        using TrainingWork? training = options.Train ? TrainingWork.TryCreate(model.Bundle.Decoder.Config, options.Threads, out withoutTraining) : null;
        List<Workload> work = [];
        if (prompt > 0)
        {
            work.Add(generation.Prompt(prompt));
        }

        if (generate > 0)
        {
            work.Add(generation.Generation(1, generate));
            work.AddRange(options.BatchSizes.Select(sequences => generation.Generation(sequences, Math.Max(1, generate / 4))));
        }

        if (training is not null)
        {
            work.Add(training.Step());
        }

        using var meter = new PeakMeter(options.Threads);
        await WarmUp(generation, work, meter.Measure(PeakMilliseconds), cancellation).ConfigureAwait(false);
        var peaks = new MachinePeaks[options.Rounds];
        var seconds = new double[work.Count][];
        for (int w = 0; w < seconds.Length; w++)
        {
            seconds[w] = new double[options.Rounds];
        }

        for (int round = 0; round < options.Rounds; round++)
        {
            peaks[round] = meter.Measure(PeakMilliseconds);
            for (int w = 0; w < work.Count; w++)
            {
                Progress?.Invoke(work[w].Name, ((double)round * work.Count + w) / (options.Rounds * work.Count));
                seconds[w][round] = await Seconds(work[w], options.ShortestSeconds, cancellation).ConfigureAwait(false);
            }
        }

        return Report(work, seconds, peaks, withoutTraining);
    }

    private static async Task<double> Seconds(Workload work, double shortest, CancellationToken cancellation)
    {
        int times = 0;
        long start = Stopwatch.GetTimestamp();
        double elapsed;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            await work.Run(cancellation).ConfigureAwait(false);
            times++;
            elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        while (elapsed < shortest);

        return elapsed / times;
    }

    private static Measurement Measure(Workload work, double[] seconds, MachinePeaks[] peaks)
    {
        double[] shares = [.. seconds.Zip(peaks, (s, peak) => Math.Max(ComputeSeconds(work, peak), ReadSeconds(work, peak)) / s)];
        MachinePeaks usual = Median(peaks);
        return new Measurement
        {
            Name = work.Name,
            Path = work.Path,
            TokensPerSecond = Spread.Of([.. seconds.Select(s => work.Tokens / s)]),
            ShareOfBound = Spread.Of(shares),
            Bound = ComputeSeconds(work, usual) >= ReadSeconds(work, usual) ? Bound.Compute : Bound.Bandwidth,
            OperationsPerToken = work.Operations / work.Tokens,
            BytesPerToken = work.Bytes / work.Tokens,
        };
    }

    private static double ComputeSeconds(Workload work, MachinePeaks peaks) => work.Operations / peaks.Of(work.Path.Products);

    private static double ReadSeconds(Workload work, MachinePeaks peaks) => work.Bytes / peaks.ReadBandwidth;

    private static MachinePeaks Median(MachinePeaks[] peaks)
    {
        double Of(Func<MachinePeaks, double> value) => Spread.Of([.. peaks.Select(value)]).Median;
        return new MachinePeaks
        {
            Threads = peaks[0].Threads,
            Float32 = Of(p => p.Float32),
            BFloat16 = Of(p => p.BFloat16),
            Int8 = Of(p => p.Int8),
            ReadBandwidth = Of(p => p.ReadBandwidth),
        };
    }

    private BenchmarkReport Report(List<Workload> work, double[][] seconds, MachinePeaks[] peaks, string? withoutTraining)
    {
        Decoder decoder = model.Bundle.Decoder;
        return new BenchmarkReport
        {
            Model = _info.Name,
            Parameters = decoder.Parameters.Sum(w => w.Count),
            ActiveParameters = new DecoderCost(decoder).Active,
            WeightBytes = decoder.Parameters.Sum(DecoderCost.Bytes),
            Path = ComputePath.Of(decoder),
            InstructionSet = InstructionSets.Default,
            Rounds = options.Rounds,
            Peaks = Median(peaks),
            Measurements = [.. work.Select((w, i) => Measure(w, seconds[i], peaks))],
            WithoutTraining = withoutTraining,
        };
    }

    /// <summary>
    /// A few tokens, so that every weight has its tiles; then all work that is short, until the runtime has compiled what is hot. Long work compiles on its
    /// way.
    /// </summary>
    private async Task WarmUp(GenerationWork generation, List<Workload> work, MachinePeaks peaks, CancellationToken cancellation)
    {
        Progress?.Invoke("warming up", 0);
        await generation.Prompt(Math.Min(16, _info.ContextLength - 1)).Run(cancellation).ConfigureAwait(false);
        await generation.Generation(1, 2).Run(cancellation).ConfigureAwait(false);
        foreach (Workload one in work.Where(w => Math.Max(ComputeSeconds(w, peaks), ReadSeconds(w, peaks)) < WarmUpSeconds / 5))
        {
            await Seconds(one, WarmUpSeconds, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>What was asked for, if the context has room for it; else what is usual, or less where the context is short.</summary>
    private int Tokens(int? asked, int usual, string what) => asked switch
    {
        null => Math.Min(usual, _info.ContextLength - 1),
        < 0 => throw new ArgumentException($"{what} {asked} must not be negative"),
        _ when asked >= _info.ContextLength => throw new ArgumentException($"{what} {asked}: the context of {_info.Name} is {_info.ContextLength} tokens"),
        _ => asked.Value,
    };
}
