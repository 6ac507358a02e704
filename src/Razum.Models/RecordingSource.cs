using Razum.Tensors;

namespace Razum.Models;

/// <summary>Passes requests on and keeps the list of what was given.</summary>
internal sealed class RecordingSource(ParameterSource inner) : ParameterSource
{
    private readonly List<Weight> _parameters = [];

    public IReadOnlyList<Weight> Parameters => _parameters;

    public override Weight Get(string name, int rows, int columns) => Keep(inner.Get(name, rows, columns));

    public override Weight GetVector(string name, int length) => Keep(inner.GetVector(name, length));

    public override bool Contains(string name) => inner.Contains(name);

    private Weight Keep(Weight weight)
    {
        _parameters.Add(weight);
        return weight;
    }
}
