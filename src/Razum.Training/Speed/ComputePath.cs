using Razum.Models;
using Razum.Tensors;
using Razum.Tensors.Machine;

namespace Razum.Training.Speed;

/// <summary>With what a model is computed: the format of its matrices, and the kind of products whose peak bounds it.</summary>
/// <param name="Weights">How most values of matrices are stored.</param>
/// <param name="Products">What they are multiplied in.</param>
public sealed record ComputePath(WeightFormat Weights, Products Products)
{
    /// <summary>How a loaded model is computed.</summary>
    public static ComputePath Of(Decoder decoder, Arithmetic arithmetic)
    {
        WeightFormat weights = decoder.Parameters.Where(w => !w.IsVector).GroupBy(w => w.Format).MaxBy(g => g.Sum(w => w.Count))!.Key;
        return new ComputePath(weights, ProductsOf(weights, arithmetic));
    }

    /// <summary>Training has F32 weights.</summary>
    public static ComputePath OfTraining(Arithmetic arithmetic) => new(WeightFormat.F32, ProductsOf(WeightFormat.F32, arithmetic));

    /// <summary>Block formats multiply bytes in either arithmetic. Products without an instruction here are bounded by those in F32.</summary>
    private static Products ProductsOf(WeightFormat weights, Arithmetic arithmetic)
    {
        Products products = weights.MultipliesBytes() ? Products.Int8 : arithmetic == Arithmetic.BF16 && weights <= WeightFormat.BF16 ? Products.BF16 : Products.F32;
        return MachinePeak.Has(products) ? products : Products.F32;
    }
}
