using System.Globalization;
using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Machine;

namespace Razum.Inference;

/// <summary>The memory an engine has, in bytes. Files that weights are mapped from are not counted: the system lets go of them when it must.</summary>
/// <param name="Weights">What the weights will take that is not taken yet (see <see cref="WeightPlan"/>).</param>
/// <param name="Available">What is free.</param>
/// <param name="MostForCache">The most that keys and values may take.</param>
internal readonly record struct MemoryRoom(long Weights, long Available, long MostForCache)
{
    /// <summary>What a step computes.</summary>
    public long Step { get; init; }

    /// <summary>What is left for keys and values.</summary>
    public long ForCache => Math.Clamp(Available - Weights - Step, 0, MostForCache);

    /// <summary>This machine's memory as it is now; half of it at most is for keys and values.</summary>
    public static MemoryRoom Beside(long weights) => new(weights, Processor.FreeMemory, Processor.Memory / 2);

    /// <summary>A machine with so many bytes free.</summary>
    public static MemoryRoom Of(long available) => new(0, available, available / 2);

    /// <summary>What the weights of a model take that will be quantised while they are loaded; those that stay as they are count as BF16.</summary>
    /// <param name="shape">The model without values.</param>
    /// <param name="format">The block format.</param>
    public static long ToQuantise(Decoder shape, WeightFormat format)
    {
        HashSet<Weight> adapters = [.. shape.Adapters.SelectMany(p => new[] { p.A, p.B })]; // F32, as read and as products read them
        return shape.Parameters.Sum(w => adapters.Contains(w)
            ? 2 * Bytes(w.Count, WeightFormat.F32)
            : Bytes(w.Count, shape.IsMultiplied(w) ? QuantisedParameters.Chosen(format, w.Name, w.Rows, w.Columns) ?? WeightFormat.BF16 : WeightFormat.BF16));
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"weights take {Weights / 1e6:0} MB, a step {Step / 1e6:0} MB, {Available / 1e6:0} MB of memory are available");

    /// <summary>Bytes of so many values in the order in which products read them.</summary>
    internal static long Bytes(long count, WeightFormat format) => (long)(count * format.BitsPerValue() / 8);
}
