using Razum.Tensors;

namespace Razum.Models.Adapters;

/// <summary>The parameters of another source, which stay as they are, and adapters beside them.</summary>
internal abstract class AdaptedParameters(ParameterSource inner) : ParameterSource
{
    public override Weight Get(string name, int rows, int columns) => inner.Get(name, rows, columns);

    public override Weight GetVector(string name, int length) => inner.GetVector(name, length);

    public override bool Contains(string name) => inner.Contains(name);

    public abstract override IReadOnlyList<LoraPair?> GetAdapters(string name, int inputs, int outputs);

    /// <summary>Whether <paramref name="target"/> means the layer <paramref name="name"/>: its whole name, or its last parts.</summary>
    public static bool Means(string target, string name) => name == target || name.EndsWith("." + target, StringComparison.Ordinal);
}
