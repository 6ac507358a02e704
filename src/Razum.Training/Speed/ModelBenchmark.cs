using System.Diagnostics;
using Razum.Inference;
using Razum.Models;
using Razum.Tensors.Machine;
using Razum.Tensors.Simd;

namespace Razum.Training.Speed;

/// <summary>
/// Measures a model in rounds: every kind of work once, or as often as fills a short time, and before and after it the machine's peaks. A figure is the median
/// of the rounds; its share is that of the peaks around it (their mean), so that a machine that is busy or hot for a while does not distort it.
/// </summary>
public sealed class ModelBenchmark(MeasuredModel model, BenchmarkOptions options)
{
    private const int UsualPrompt = 512;
    private const int UsualGenerate = 128;
    private const double PeakMilliseconds = 90;
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
        await using var generation = new GenerationWork(
            model.Bundle, options, options.BatchSizes.Append(1).Max(), Math.Min(Math.Max(prompt, generate) + 2, _info.ContextLength));
        string? withoutTraining = null;
        using TrainingWork? training = options.Train ? TrainingWork.TryCreate(model.Bundle.Decoder.Config, options, out withoutTraining) : null;
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

        if (work.Count == 0)
        {
            throw new ArgumentException($"nothing to measure: {withoutTraining ?? "everything is left out"}");
        }

        using var meter = new PeakMeter(options.Threads);
        await WarmUp(generation, work, meter.Measure(PeakMilliseconds), cancellation).ConfigureAwait(false);
        var times = work.ToDictionary(w => w, _ => new List<(double Seconds, MachinePeaks Peaks)>());
        MachinePeaks before = meter.Measure(PeakMilliseconds);
        for (int i = 0; i < options.Rounds * work.Count; i++)
        {
            Workload one = work[i % work.Count];
            Progress?.Invoke(one.Name, (double)i / (options.Rounds * work.Count));
            double seconds = await Seconds(one, options.ShortestSeconds, cancellation).ConfigureAwait(false);
            MachinePeaks after = meter.Measure(PeakMilliseconds);
            times[one].Add((seconds, Median([before, after])));
            before = after;
        }

        return Report(times, withoutTraining);
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

    private static Measurement Measure(Workload work, List<(double Seconds, MachinePeaks Peaks)> times)
    {
        double[] shares = [.. times.Select(t => Math.Max(ComputeSeconds(work, t.Peaks), ReadSeconds(work, t.Peaks)) / t.Seconds)];
        MachinePeaks usual = Median([.. times.Select(t => t.Peaks)]);
        return new Measurement
        {
            Name = work.Name,
            Path = work.Path,
            TokensPerSecond = Spread.Of([.. times.Select(t => work.Tokens / t.Seconds)]),
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

    private BenchmarkReport Report(Dictionary<Workload, List<(double Seconds, MachinePeaks Peaks)>> times, string? withoutTraining)
    {
        Decoder decoder = model.Bundle.Decoder;
        return new BenchmarkReport
        {
            Model = _info.Name,
            Parameters = decoder.Parameters.Sum(w => w.Count),
            ActiveParameters = new DecoderCost(decoder).Active,
            WeightBytes = decoder.Parameters.Sum(w => w.StoredBytes),
            Path = ComputePath.Of(decoder, options.Arithmetic),
            InstructionSet = InstructionSets.Default,
            Rounds = options.Rounds,
            Peaks = Median([.. times.Values.SelectMany(t => t.Select(one => one.Peaks))]),
            Measurements = [.. times.Select(t => Measure(t.Key, t.Value))],
            WithoutTraining = withoutTraining,
        };
    }

    /// <summary>
    /// One prompt as long as the measured one, so that every weight has its tiles and the step its memory; then all work that is short, until the runtime has
    /// compiled what is hot.
    /// </summary>
    private async Task WarmUp(GenerationWork generation, List<Workload> work, MachinePeaks peaks, CancellationToken cancellation)
    {
        Progress?.Invoke("warming up", 0);
        await generation.Prompt(Math.Max(1, Tokens(options.PromptTokens, UsualPrompt, "prompt"))).Run(cancellation).ConfigureAwait(false);
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
