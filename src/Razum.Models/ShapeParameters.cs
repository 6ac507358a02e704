using Razum.Tensors;

namespace Razum.Models;

/// <summary>Weights without values: a model made from them can be counted and listed, not run.</summary>
public sealed class ShapeParameters : ParameterSource
{
    public override Weight Get(string name, int rows, int columns) => Weight.WithoutData(name, rows, columns);

    public override Weight GetVector(string name, int length) => Weight.WithoutData(name, 1, length, isVector: true);

    public override bool Contains(string name) => true;
}
