using System.Globalization;
using Razum.Inference;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Machine;

namespace Razum.Training.Speed;

/// <summary>About how much memory a measurement takes, in bytes.</summary>
/// <param name="Weights">As they are stored, with gradients and moments in training.</param>
/// <param name="Tiles">The same values in the order in which products read them.</param>
/// <param name="Activations">What a step computes.</param>
/// <param name="Cache">Keys and values.</param>
internal sealed record MemoryNeed(double Weights, double Tiles, double Activations, double Cache)
{
    /// <summary>What else runs here.</summary>
    private const double Reserve = 512 << 20;

    private double Total => Weights + Tiles + Activations + Cache + Reserve;

    /// <param name="decoder">The model, or its shape alone.</param>
    /// <param name="bytes">Bytes that a weight takes as stored.</param>
    /// <param name="options">What is measured. Quantised matrices exist once, as tiles.</param>
    public static MemoryNeed OfInference(Decoder decoder, Func<Weight, long> bytes, BenchmarkOptions options)
    {
        double kept = decoder.Parameters.Where(w => !decoder.IsMultiplied(w)).Sum(bytes);
        double matrices = decoder.Parameters.Where(decoder.IsMultiplied).Sum(bytes);
        double tiles = options.Quantize is { } format ? decoder.Parameters.Where(decoder.IsMultiplied).Sum(w => w.Count) * format.BitsPerValue() / 8
            : decoder.Parameters.Where(decoder.IsMultiplied).Sum(w => w.Count * w.Format.BitsPerValue() / 8);
        double stored = kept + (options.Quantize is null ? matrices : 0);
        int largest = options.BatchSizes.Append(1).Max();
        int prompt = options.PromptTokens ?? 512;
        int generate = options.GenerateTokens ?? 128;
        double cached = Math.Max(prompt, Math.Max(generate, (double)largest * generate / 4));
        int rows = Math.Max(Math.Min(prompt, new EngineOptions().TokenBudget), largest);
        DecoderCost cost = new(decoder);
        return new MemoryNeed(stored, tiles, cost.StepBytes(rows, largest), cached * cost.CachedRowBytes);
    }

    /// <summary>A step on so many tokens in F32: weights, gradients and two moments, and three times the activations of a forward pass.</summary>
    public static MemoryNeed OfTraining(Decoder decoder, int tokens)
    {
        double values = decoder.Parameters.Sum(w => w.Count);
        return new MemoryNeed(values * 16, values * 4, 3 * tokens * RowBytes(decoder), 0);
    }

    /// <exception cref="ArgumentException">There is not so much memory free.</exception>
    public void Check(string name)
    {
        if (Excess() is { } excess)
        {
            throw new ArgumentException($"{name} does not fit memory: {excess}");
        }
    }

    /// <summary>What is too much, in words; null if there is room.</summary>
    public string? Excess()
    {
        double free = Processor.FreeMemory;
        if (Total <= free)
        {
            return null;
        }

        string parts = string.Create(
            CultureInfo.InvariantCulture,
            $"weights {Weights / 1e9:0.0}, the same in tiles {Tiles / 1e9:0.0}, activations {Activations / 1e9:0.0}, cache {Cache / 1e9:0.0}");
        return string.Create(CultureInfo.InvariantCulture, $"about {Total / 1e9:0.0} GB needed ({parts}), {free / 1e9:0.0} GB free");
    }

    /// <summary>What a row of a batch leaves in all layers, where all of them are kept.</summary>
    internal static double RowBytes(Decoder decoder) => decoder.Config.NumHiddenLayers * new DecoderCost(decoder).LayerRowBytes;
}
