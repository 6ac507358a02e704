using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Machine;

namespace Razum.Training.Speed;

/// <summary>With what a model is computed: the format of its matrices, and the kind of products whose peak bounds it.</summary>
/// <param name="Weights">How most values of matrices are stored.</param>
/// <param name="Products">What they are multiplied in.</param>
public sealed record ComputePath(WeightFormat Weights, Products Products)
{
    /// <summary>Training has F32 weights.</summary>
    public static ComputePath Training(Arithmetic arithmetic) => new(WeightFormat.F32, ProductsWith(WeightFormat.F32, arithmetic));

    /// <summary>How a loaded model is computed.</summary>
    public static ComputePath Of(Decoder decoder, Arithmetic arithmetic)
    {
        WeightFormat weights = decoder.Parameters.Where(w => !w.IsVector).GroupBy(w => w.Format).MaxBy(g => g.Sum(w => w.Count))!.Key;
        return new ComputePath(weights, ProductsWith(weights, arithmetic));
    }

    private static Products ProductsWith(WeightFormat weights, Arithmetic arithmetic) => weights switch
    {
        WeightFormat.F32 or WeightFormat.BF16 => arithmetic == Arithmetic.BF16 ? Products.BF16 : Products.F32, // BF16 weights are widened for F32
        WeightFormat.Q8_0 or WeightFormat.Q4_K => Products.Int8,
        _ => throw new ArgumentOutOfRangeException(nameof(weights), weights, "unknown format"),
    };
}
