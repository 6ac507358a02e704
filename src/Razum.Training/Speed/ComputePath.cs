using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Machine;

namespace Razum.Training.Speed;

/// <summary>With what a model is computed: the format of its matrices, and the kind of products whose peak bounds it.</summary>
/// <param name="Weights">How most values of matrices are stored.</param>
/// <param name="Products">What they are multiplied in.</param>
public sealed record ComputePath(WeightFormat Weights, Products Products)
{
    /// <summary>Training is in F32.</summary>
    public static ComputePath Training { get; } = new(WeightFormat.F32, Products.F32);

    /// <summary>How a loaded model is computed.</summary>
    public static ComputePath Of(Decoder decoder)
    {
        WeightFormat weights = decoder.Parameters.Where(w => !w.IsVector).GroupBy(w => w.Format).MaxBy(g => g.Sum(w => w.Count))!.Key;
        return new ComputePath(weights, ProductsWith(weights));
    }

    private static Products ProductsWith(WeightFormat weights) => weights switch
    {
        WeightFormat.F32 or WeightFormat.BF16 => Products.F32, // BF16 is widened, then multiplied in F32
        _ => throw new ArgumentOutOfRangeException(nameof(weights), weights, "unknown format"),
    };
}
