using Razum.Tensors;
using Razum.Tensors.Threading;

namespace Razum.Models;

/// <summary>
/// The parameters of another source, with the matrices of linear layers, experts and the head quantised as they are asked for. What decides more than it
/// weighs stays as it is: embeddings (a tied head with them), routers and other gates, vectors.
/// </summary>
/// <param name="inner">Where the parameters come from; its matrices are let go once they are quantised.</param>
/// <param name="format">A block format. Matrices whose columns are not whole blocks of it get Q8_0, and stay as they are where those do not fit either.</param>
/// <param name="pool">Threads to quantise with.</param>
public sealed class QuantisedParameters(ParameterSource inner, WeightFormat format, WorkerPool pool) : ParameterSource
{
    /// <summary>Matrices with fewer outputs gain nothing.</summary>
    private const int FewestRows = 16;

    /// <summary>What a matrix is quantised to when a format is asked for; null if it stays as it is.</summary>
    public static WeightFormat? Chosen(WeightFormat format, string name, int rows, int columns)
    {
        ArgumentNullException.ThrowIfNull(name);
        WeightFormat chosen = format.Fits(columns) ? format : WeightFormat.Q8_0;
        return rows < FewestRows || !chosen.Fits(columns) || IsKept(name) ? null : chosen;
    }

    public override Weight Get(string name, int rows, int columns)
    {
        Weight weight = inner.Get(name, rows, columns);
        if (Chosen(format, name, rows, columns) is not { } chosen)
        {
            return weight;
        }

        using (weight)
        {
            return Weight.Quantize(weight, chosen, pool);
        }
    }

    public override Weight GetVector(string name, int length) => inner.GetVector(name, length);

    public override bool Contains(string name) => inner.Contains(name);

    private static bool IsKept(string name) =>
        name.EndsWith("embed_tokens.weight", StringComparison.Ordinal) || name.EndsWith("gate.weight", StringComparison.Ordinal);
}
