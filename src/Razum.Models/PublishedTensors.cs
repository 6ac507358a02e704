using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Models;

/// <summary>The parameters of a model as the tensors of a published checkpoint. Adapters are merged into the weights they adapt, a matrix at a time.</summary>
public static class PublishedTensors
{
    /// <summary>Adds all of them, in the order of the layers.</summary>
    /// <param name="writer">The file.</param>
    /// <param name="decoder">The model, with one adapter at most.</param>
    /// <param name="stored">F32 or BF16. Balancing biases are always F32, as published.</param>
    public static void AddTo(SafetensorsWriter writer, Decoder decoder, ElementType stored)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Dictionary<string, LoraPair> pairs = PairsOf(decoder);
        foreach (Weight weight in Own(decoder))
        {
            if (pairs.Count > 0 && !weight.IsVector)
            {
                // Whatever the format of the base.
                LoraPair? pair = pairs.GetValueOrDefault(weight.Name);
                writer.Add(weight.Name, weight.Rows, weight.Columns, () => pair?.Merge(weight) ?? weight.ToArray(), stored);
                continue;
            }

            bool isBias = weight.Name.EndsWith("e_score_correction_bias", StringComparison.Ordinal);
            writer.Add(weight, isBias ? ElementType.F32 : stored);
        }
    }

    /// <summary>The parameters without those of adapters.</summary>
    internal static IEnumerable<Weight> Own(Decoder decoder) => decoder.Parameters.Except(decoder.Adapters.SelectMany(p => new[] { p.A, p.B }));

    /// <summary>What is to be merged, by the name of the weight.</summary>
    internal static Dictionary<string, LoraPair> PairsOf(Decoder decoder) => decoder.AdapterNames.Count > 1
        ? throw new ArgumentException("adapters are merged one at a time", nameof(decoder))
        : decoder.Adapters.ToDictionary(p => p.Module + ".weight");
}
