using Razum.Tensors;

namespace Razum.Models;

/// <summary>The very weights of another model, by name: a second view of them, without a copy.</summary>
internal sealed class SharedParameters(IEnumerable<Weight> weights) : ParameterSource
{
    private readonly Dictionary<string, Weight> _weights = weights.ToDictionary(w => w.Name, StringComparer.Ordinal);

    public override Weight Get(string name, int rows, int columns) => _weights[name];

    public override Weight GetVector(string name, int length) => _weights[name];

    public override bool Contains(string name) => _weights.ContainsKey(name);
}
