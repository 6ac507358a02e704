using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Gguf;

/// <summary>The parameters of a model as the tensors of a GGUF file: the way back of <see cref="GgufParameters"/>.</summary>
public static class GgufTensors
{
    /// <summary>All parameters, in the order of the layers.</summary>
    /// <param name="decoder">The model. Rotary factors of its config become a tensor of their own.</param>
    public static IReadOnlyList<GgufRows> Of(Decoder decoder)
    {
        ModelConfig config = decoder.Config;
        var names = new GgufNames(GgufMetadata.Architecture(config));
        List<GgufRows> tensors = [];
        Dictionary<string, List<Weight>> stacks = new(StringComparer.Ordinal);
        foreach (Weight weight in decoder.Parameters)
        {
            GgufPlace place = names.Find(weight.Name).FirstOrDefault();
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
                    tensors.AddRange(Split(place.Name, weight, (MlaConfig)config.Attention));
                    break;
                case NameChange.QueryRows or NameChange.KeyRows:
                    tensors.Add(Interleaved(place.Name, weight, ((GqaConfig)config.Attention).HeadDim));
                    break;
                default:
                    tensors.Add(Whole(place.Name, weight));
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

    private static GgufRows Whole(string name, Weight weight) => new()
    {
        Name = name,
        Dims = weight.IsVector || weight.Rows == 1 ? [weight.Columns] : [weight.Columns, weight.Rows],
        Type = weight.Format.GgmlType() ?? GgmlType.F32,
        Read = (row, target) => weight.ReadRow((int)row, target),
    };

    private static GgufRows Stack(string name, List<Weight> experts, int count) => new()
    {
        Name = name,
        Dims = [experts[0].Columns, experts[0].Rows, count],
        Type = experts[0].Format.GgmlType() ?? GgmlType.F32,
        Read = (row, target) => experts[(int)(row / experts[0].Rows)].ReadRow((int)(row % experts[0].Rows), target),
    };

    private static GgufRows Interleaved(string name, Weight weight, int headDim)
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
                    weight.ReadRow(published[row], target);
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

    private static IEnumerable<GgufRows> Split(string name, Weight weight, MlaConfig attention)
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
            Read = (row, target) => weight.ReadRow(((int)row / dv * (dn + dv)) + dn + ((int)row % dv), target),
        };

        float[] Keys(int head)
        {
            float[] keys = new float[dn * rank];
            for (int i = 0; i < dn; i++)
            {
                weight.ReadRow((head * (dn + dv)) + i, keys.AsSpan(i * rank, rank));
            }

            return keys;
        }
    }
}
