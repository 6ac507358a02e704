namespace Razum.Models.Adapters;

/// <summary>Adapters from the disk beside the parameters of another source, each copied to F32. Everything in a file must belong to a layer of the model.</summary>
internal sealed class LoadedAdapters : AdaptedParameters, IDisposable
{
    private readonly List<AdapterFile> _files = [];

    /// <exception cref="ArgumentException">Names are missing, or not all different.</exception>
    /// <exception cref="InvalidDataException">A file is missing, damaged or not supported; one line.</exception>
    public LoadedAdapters(ParameterSource inner, IReadOnlyList<NamedAdapter> adapters, ModelConfig config)
        : base(inner)
    {
        AdapterNames = adapters is [{ Name: "" }] ? [] : [.. adapters.Select(a => a.Name)];
        if (AdapterNames.Any(n => n.Length == 0) || AdapterNames.Distinct().Count() != AdapterNames.Count)
        {
            throw new ArgumentException("of several adapters each needs a name of its own");
        }

        try
        {
            foreach (NamedAdapter adapter in adapters)
            {
                _files.Add(AdapterFile.Open(adapter.Path, config));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override IReadOnlyList<string> AdapterNames { get; }

    public override IReadOnlyList<LoraPair?> GetAdapters(string name, int inputs, int outputs)
    {
        LoraPair?[] pairs = [.. _files.Select(f => f.Find(name, inputs, outputs))];
        return pairs.Any(p => p is not null) ? pairs : [];
    }

    /// <summary>Once the model is made: see <see cref="AdapterFile.CheckTensors"/>.</summary>
    public void CheckTensors() => _files.ForEach(f => f.CheckTensors());

    public void Dispose() => _files.ForEach(f => f.Dispose());
}
