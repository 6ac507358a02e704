using Razum.Models.Adapters;
using Razum.Tensors;

namespace Razum.Models;

/// <summary>Where a model's parameters come from. Asked once for each, by its published name.</summary>
public abstract class ParameterSource
{
    /// <summary>The matrix <paramref name="name"/> of shape [rows, columns] = [outputs, inputs].</summary>
    /// <exception cref="InvalidDataException">It is missing or has another shape.</exception>
    public abstract Weight Get(string name, int rows, int columns);

    /// <summary>The vector <paramref name="name"/> of shape [length].</summary>
    /// <exception cref="InvalidDataException">It is missing or has another shape.</exception>
    public abstract Weight GetVector(string name, int length);

    /// <summary>Names of the adapters among which requests choose, by number; empty when there is none, or only one for all rows.</summary>
    public virtual IReadOnlyList<string> AdapterNames => [];

    /// <summary>
    /// What each adapter, by number, adds to the linear layer <paramref name="name"/>; null where it adds nothing. Empty, as in most sources, without adapters.
    /// </summary>
    /// <exception cref="InvalidDataException">It does not fit the layer.</exception>
    public virtual IReadOnlyList<LoraPair?> GetAdapters(string name, int inputs, int outputs) => [];

    /// <summary>Whether there is a parameter of that name; for parts that a model may lack.</summary>
    public abstract bool Contains(string name);
}
