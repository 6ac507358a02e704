using Razum.Tensors;

namespace Razum.Models;

/// <summary>Weights without values, stored as those of some file would be: what a model takes can be planned from them before there is a file.</summary>
/// <param name="typeOf">For a published name the format of the weight and whether it would stay in the file; null for one that the file lacks.</param>
public sealed class TypedParameters(Func<string, (WeightFormat Format, bool IsMapped)?> typeOf) : ParameterSource
{
    public override Weight Get(string name, int rows, int columns)
    {
        (WeightFormat format, bool isMapped) = typeOf(name) ?? throw new InvalidDataException($"{name} is missing");
        return Weight.WithoutData(name, rows, columns, false, format, isMapped);
    }

    /// <summary>Vectors are copied while they are loaded.</summary>
    public override Weight GetVector(string name, int length) => Weight.WithoutData(name, 1, length, isVector: true);

    public override bool Contains(string name) => typeOf(name) is not null;
}
