using Razum.Models.Adapters;
using Razum.Tensors;

namespace Razum.Models;

/// <summary>Passes requests on and keeps the list of what was given.</summary>
internal sealed class RecordingSource(ParameterSource inner) : ParameterSource
{
    private readonly List<Weight> _parameters = [];
    private readonly List<LoraPair> _adapters = [];

    public IReadOnlyList<Weight> Parameters => _parameters;

    public IReadOnlyList<LoraPair> Adapters => _adapters;

    public override Weight Get(string name, int rows, int columns) => Keep(inner.Get(name, rows, columns));

    public override Weight GetVector(string name, int length) => Keep(inner.GetVector(name, length));

    public override bool Contains(string name) => inner.Contains(name);

    public override IReadOnlyList<string> AdapterNames => inner.AdapterNames;

    public override IReadOnlyList<LoraPair?> GetAdapters(string name, int inputs, int outputs)
    {
        IReadOnlyList<LoraPair?> pairs = inner.GetAdapters(name, inputs, outputs);
        foreach (LoraPair pair in pairs.OfType<LoraPair>())
        {
            _adapters.Add(pair);
            Keep(pair.A);
            Keep(pair.B);
        }

        return pairs;
    }

    private Weight Keep(Weight weight)
    {
        _parameters.Add(weight);
        return weight;
    }
}
