using Razum.Models.Adapters;
using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Gguf;

/// <summary>The parameters of a model as the tensors of a GGUF file: the way back of <see cref="GgufParameters"/>.</summary>
public static class GgufTensors
{
    /// <summary>All parameters, in the order of the layers; one adapter at most is merged into the weights it adapts.</summary>
    /// <param name="decoder">The model. Rotary factors of its config become a tensor of their own.</param>
    public static IReadOnlyList<GgufRows> Of(Decoder decoder)
    {
        ModelConfig config = decoder.Config;
        var names = new GgufNames(GgufMetadata.Architecture(config));
        Dictionary<string, LoraPair> pairs = PublishedTensors.PairsOf(decoder);
        List<GgufRows> tensors = [];
        Dictionary<string, List<Weight>> stacks = new(StringComparer.Ordinal);
        foreach (Weight weight in PublishedTensors.Own(decoder))
        {
            GgufPlace place = names.Find(weight.Name).FirstOrDefault();
            LoraPair? pair = pairs.GetValueOrDefault(weight.Name);
            switch (place.Change)
            {
                case var _ when place.Name is null:
                    throw new ArgumentException($"{weight.Name} has no name in GGUF files", nameof(decoder));
                case NameChange.Expert when stacks.TryGetValue(place.Name, out List<Weight>? stack):
                    stack.Add(weight);
                    break;
                case NameChange.Expert:
                    stacks.Add(place.Name, [weight]);
                    tensors.Add(Stack(place.Name, stacks[place.Name], config.Moe!.Router.Experts));
                    break;
                case NameChange.SplitKeyValue:
                    tensors.AddRange(Split(place.Name, weight, pair, (MlaConfig)config.Attention));
                    break;
                case NameChange.QueryRows or NameChange.KeyRows:
                    tensors.Add(Interleaved(place.Name, weight, pair, ((GqaConfig)config.Attention).HeadDim));
                    break;
                default:
                    tensors.Add(Whole(place.Name, weight, pair));
                    break;
            }
        }

        RopeScaling? scaling = config.Rope.Scaling;
        if (scaling is RopeScaling.Llama3 llama3)
        {
            scaling = RopeScaling.Factors.Of(((GqaConfig)config.Attention).HeadDim, config.Rope.Theta, llama3);
        }

        if (scaling is RopeScaling.Factors factors)
        {
            tensors.Add(new GgufRows
            {
                Name = GgufConfig.Factors,
                Dims = [factors.Values.Count],
                Type = GgmlType.F32,
                Read = (_, target) => factors.Values.ToArray().CopyTo(target),
            });
        }

        return tensors;
    }

    private static void ReadRow(Weight weight, LoraPair? pair, int row, Span<float> target)
    {
        weight.ReadRow(row, target);
        pair?.MergeRow(row, target);
    }

    private static GgufRows Whole(string name, Weight weight, LoraPair? pair) => new()
    {
        Name = name,
        Dims = weight.IsVector || weight.Rows == 1 ? [weight.Columns] : [weight.Columns, weight.Rows],
        Type = weight.Format.GgmlType() ?? GgmlType.F32,
        Read = (row, target) => ReadRow(weight, pair, (int)row, target),
    };

    private static GgufRows Stack(string name, List<Weight> experts, int count) => new()
    {
        Name = name,
        Dims = [experts[0].Columns, experts[0].Rows, count],
        Type = experts[0].Format.GgmlType() ?? GgmlType.F32,
        Read = (row, target) => experts[(int)(row / experts[0].Rows)].ReadRow((int)(row % experts[0].Rows), target),
    };

    private static GgufRows Interleaved(string name, Weight weight, LoraPair? pair, int headDim)
    {
        int[] toFile = GgufNames.InterleavedRows(weight.IsVector ? weight.Columns : weight.Rows, headDim);
        int[] published = new int[toFile.Length];
        for (int i = 0; i < toFile.Length; i++)
        {
            published[toFile[i]] = i;
        }

        return new GgufRows
        {
            Name = name,
            Dims = weight.IsVector ? [weight.Columns] : [weight.Columns, weight.Rows],
            Type = weight.Format.GgmlType() ?? GgmlType.F32,
            Read = (row, target) =>
            {
                if (!weight.IsVector)
                {
                    ReadRow(weight, pair, published[row], target);
                    return;
                }

                float[] values = weight.ToArray();
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = values[published[i]];
                }
            },
        };
    }

    private static IEnumerable<GgufRows> Split(string name, Weight weight, LoraPair? pair, MlaConfig attention)
    {
        (int heads, int dn, int dv, int rank) = (attention.NumAttentionHeads, attention.QkNopeHeadDim, attention.VHeadDim, weight.Columns);
        GgmlType type = weight.Format.GgmlType() ?? GgmlType.F32;
        var last = new ThreadLocal<(int Head, float[] Keys)>(() => (-1, [])); // a head's rows are read column by column
        yield return new GgufRows
        {
            Name = name,
            Dims = [dn, rank, heads],
            Type = type,
            Read = (row, target) =>
            {
                (int head, int column) = ((int)row / rank, (int)row % rank);
                (int Head, float[] Keys) own = last.Value;
                if (own.Head != head)
                {
                    last.Value = own = (head, Keys(head));
                }

                for (int i = 0; i < dn; i++)
                {
                    target[i] = own.Keys[(i * rank) + column];
                }
            },
        };
        yield return new GgufRows
        {
            Name = GgufNames.ValuesOf(name),
            Dims = [rank, dv, heads],
            Type = type,
            Read = (row, target) => ReadRow(weight, pair, ((int)row / dv * (dn + dv)) + dn + ((int)row % dv), target),
        };

        float[] Keys(int head)
        {
            float[] keys = new float[dn * rank];
            for (int i = 0; i < dn; i++)
            {
                ReadRow(weight, pair, (head * (dn + dv)) + i, keys.AsSpan(i * rank, rank));
            }

            return keys;
        }
    }
}
