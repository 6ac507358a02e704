using System.Globalization;
using Razum.Models;
using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;
using Razum.Tensors.Kernels;
using Razum.Tensors.Machine;
using Razum.Training.Runs;
using Razum.Training.Speed;

namespace Razum.Training.Loop;

/// <summary>
/// About how much memory a run of adapters takes, in bytes: counted from the shapes alone, before anything is loaded, and rather too high than too low.
/// Teachers are not counted.
/// </summary>
/// <param name="Base">The frozen weights: the mapped file and the same values in the order in which products read them, or quantised blocks.</param>
/// <param name="Adapters">Adapters, their gradients and two moments, and their tiles.</param>
/// <param name="Activations">What a micro-batch leaves for the backward pass, and what a step of the engine computes.</param>
/// <param name="Cache">Keys and values of the engine: all that its sequences may need, or what is left for them, but at least one context.</param>
/// <param name="CacheTokens">Tokens that the cache has room for; 0 where it has room for all.</param>
internal sealed record MemoryPlan(double Base, double Adapters, double Activations, double Cache, int CacheTokens)
{
    /// <summary>What else runs here.</summary>
    private const double Reserve = 512 << 20;

    private double Total => Base + Adapters + Activations + Cache + Reserve;

    /// <exception cref="InvalidDataException">A target of the adapters means no layer.</exception>
    public static MemoryPlan Of(RunConfig run, Checkpoint checkpoint)
    {
        Decoder shape = AdaptedDecoder.Create(run.Model, new ShapeParameters(), run.Lora!, run.Seed, $"{run.Name}: lora.targets");
        try
        {
            double adapters = shape.Adapters.Sum(p => (double)p.A.Count + p.B.Count);
            double weights = shape.Parameters.Sum(w => BaseBytes(run, shape, checkpoint, w));
            double activations = Training(run, shape) + Sampling(run, shape);
            var plan = new MemoryPlan(weights, 5 * sizeof(float) * adapters, activations, 0, 0);
            return Sequences(run) == 0 ? plan : plan.WithCache(run, new DecoderCost(shape).CachedRowBytes + RoutingBytes(run));
        }
        finally
        {
            foreach (LoraPair pair in shape.Adapters)
            {
                pair.A.Dispose();
                pair.B.Dispose();
            }
        }
    }

    /// <exception cref="InvalidDataException">There is not so much memory free.</exception>
    public void Check(string name)
    {
        if (Total > Processor.FreeMemory)
        {
            throw new InvalidDataException($"{name}: does not fit memory: about {Amount(Total)} needed; {this}");
        }
    }

    public override string ToString() =>
        $"base {Amount(Base)}, adapters with their optimiser {Amount(Adapters)}, activations {Amount(Activations)}, cache {Amount(Cache)}; "
        + $"{Amount(Processor.FreeMemory)} free";

    private static string Amount(double bytes) =>
        bytes >= 1e9 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB") : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");

    /// <summary>Bytes of a weight of the base; 0 for one that is none, or that the checkpoint leaves out.</summary>
    private static double BaseBytes(RunConfig run, Decoder shape, Checkpoint checkpoint, Weight weight)
    {
        if (checkpoint.Find(weight.Name) is not { } entry)
        {
            return 0;
        }

        bool isMultiplied = shape.IsMultiplied(weight);
        if (isMultiplied && run.Quantize is { } format && QuantisedParameters.Chosen(format, weight.Name, weight.Rows, weight.Columns) is { } chosen)
        {
            return weight.Count * chosen.BitsPerValue() / 8;
        }

        bool isMapped = !weight.IsVector && entry.Type is ElementType.BF16 or ElementType.F32;
        double stored = isMapped ? entry.Length : (double)weight.Count * sizeof(float);
        // Products in BF16 read pairs of values in two orders, those in F32 panels of the stored type.
        return stored + (!isMultiplied ? 0 : run.Arithmetic == Arithmetic.BF16 ? 2.0 * sizeof(ushort) * weight.Count : stored);
    }

    /// <summary>Values and gradients of a micro-batch, two to two and a half times a forward pass; with recomputation of one layer, and the stream of the others.</summary>
    private static double Training(RunConfig run, Decoder shape)
    {
        double added = shape.Adapters.Sum(p => (2.0 * p.B.Rows) + (3.0 * p.A.Rows)) * sizeof(float);
        double row = 2.5 * (MemoryNeed.RowBytes(shape) + added);
        int layers = run.Model.NumHiddenLayers;
        double kept = run.Recompute ? (row / layers) + (2.0 * layers * run.Model.HiddenSize * sizeof(float)) : row;
        return (run.MicroBatchTokens * kept) + Logits(LogProbabilities.ChunkRows(shape.Head), run);
    }

    /// <summary>Sequences that the engine of the largest stage has in work at a time; 0 if no stage samples.</summary>
    private static int Sequences(RunConfig run) => run.Stages.Max(s => s.Policy?.Concurrent ?? 0);

    /// <summary>What is kept beside the keys of a token where its experts are recorded.</summary>
    private static int RoutingBytes(RunConfig run) =>
        run.Stages.Any(s => s.Policy?.RecordsRouting(run.Model) == true) ? run.Model.Moe!.RoutedPerToken * sizeof(int) : 0;

    /// <summary>What a step of that engine computes.</summary>
    private static double Sampling(RunConfig run, Decoder shape)
    {
        int sequences = Sequences(run);
        return sequences == 0 ? 0 : new DecoderCost(shape).StepBytes(Math.Max(512, 2 * sequences), sequences);
    }

    /// <summary>Fewer cached tokens only mean that fewer answers are drawn at a time.</summary>
    private MemoryPlan WithCache(RunConfig run, double rowBytes)
    {
        double wanted = (double)Sequences(run) * run.SequenceLength;
        double room = Math.Min(Processor.FreeMemory - Total, Processor.Memory / 2.0) / rowBytes;
        double tokens = Math.Min(Math.Max(Math.Min(wanted, room), BlockTable.BlocksFor(run.SequenceLength) * BlockPool.BlockRows), int.MaxValue);
        return this with { Cache = tokens * rowBytes, CacheTokens = tokens < wanted ? (int)tokens : 0 };
    }

    private static double Logits(int rows, RunConfig run) => (double)rows * run.Model.VocabSize * sizeof(float);
}
