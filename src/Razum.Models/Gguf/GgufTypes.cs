using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Gguf;

/// <summary>The types of a GGUF file that does not exist yet, and what <see cref="GgufParameters"/> would make of it.</summary>
public static class GgufTypes
{
    /// <summary>Names, types and sizes of the tensors that a file of a mixture would have.</summary>
    public static IReadOnlyList<(string Name, GgmlType Type, long Bytes)> Of(ModelConfig config, Mixture mixture)
    {
        List<(string, GgmlType, long)> tensors = [];
        foreach (GgufRows tensor in GgufTensors.Of(new Decoder(config, new ShapeParameters())))
        {
            GgmlType type = mixture.TypeOf(tensor, config);
            tensors.Add((tensor.Name, type, tensor.Count / type.BlockSize() * type.BlockBytes()));
        }

        return tensors;
    }

    /// <summary>The weights of a model from such a file.</summary>
    public static ParameterSource Parameters(ModelConfig config, IEnumerable<(string Name, GgmlType Type, long Bytes)> tensors)
    {
        var names = new GgufNames(GgufMetadata.Architecture(config));
        Dictionary<string, GgmlType> types = tensors.ToDictionary(t => t.Name, t => t.Type, StringComparer.Ordinal);
        return new TypedParameters(name =>
        {
            foreach (GgufPlace place in names.Find(name))
            {
                if (types.TryGetValue(place.Name, out GgmlType type))
                {
                    return place.Change == NameChange.SplitKeyValue ? (WeightFormat.F32, false)
                        : type.Format() is { } format ? (format, format.IsBlocks() || place.Change is not (NameChange.QueryRows or NameChange.KeyRows))
                        : null;
                }
            }

            return null;
        });
    }
}
