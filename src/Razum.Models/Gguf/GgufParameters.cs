using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Gguf;

/// <summary>
/// The parameters of a model in GGUF, in the published layout. Matrices stay where they are mapped, in their formats; interleaved rows that are no blocks are
/// copied in order, vectors and split <c>kv_b_proj</c> become F32, all when they are first asked for but for vectors. The file must not be disposed while the weights are used.
/// </summary>
public sealed class GgufParameters : ParameterSource
{
    private readonly GgufModel _model;
    private readonly ModelConfig _config;
    private readonly GgufNames _names;

    /// <param name="model">The file.</param>
    /// <param name="config">What <see cref="GgufConfig"/> reads from it.</param>
    public GgufParameters(GgufModel model, ModelConfig config)
    {
        (_model, _config) = (model, config);
        _names = new GgufNames(GgufConfig.Architecture(model));
    }

    /// <summary>Whether products take activations as they are (see <see cref="Weight.KeepsActivations"/>).</summary>
    public bool KeepsActivations { get; init; }

    public override Weight Get(string name, int rows, int columns)
    {
        GgufPlace place = Find(name);
        Weight weight = place.Change switch
        {
            NameChange.Expert => Expert(name, place, rows, columns),
            NameChange.QueryRows or NameChange.KeyRows => Ordered(Whole(name, place, rows, columns)),
            NameChange.SplitKeyValue => Joined(name, place.Name, rows, columns),
            _ => Whole(name, place, rows, columns),
        };
        weight.KeepsActivations = KeepsActivations;
        return weight;
    }

    public override Weight GetVector(string name, int length)
    {
        GgufPlace place = Find(name);
        float[] values = _model.ReadFloats(place.Name);
        if (values.Length != length)
        {
            throw _model.Fault(place.Name, $"expected {length} values, found {values.Length}");
        }

        Weight weight = Weight.Create(name, 1, length, isVector: true);
        int[]? order = place.Change is NameChange.QueryRows or NameChange.KeyRows ? Order(length) : null;
        for (int i = 0; i < length; i++)
        {
            weight.AsSpan()[i] = values[order?[i] ?? i];
        }

        return weight;
    }

    public override bool Contains(string name) => _names.Find(name).Any(p => _model.Find(p.Name) is not null);

    private GgufPlace Find(string name)
    {
        foreach (GgufPlace place in _names.Find(name))
        {
            if (_model.Find(place.Name) is not null)
            {
                return place;
            }
        }

        string expected = _names.Find(name).Select(p => p.Name).FirstOrDefault() ?? name;
        throw new InvalidDataException($"{_model.Path}: tensor {expected} ({name}) is missing");
    }

    private Weight Whole(string name, GgufPlace place, int rows, int columns)
    {
        RequireCount(place.Name, (long)rows * columns, rows, columns);
        return _model.ReadRows(place.Name, name, 0, rows, columns);
    }

    private Weight Expert(string name, GgufPlace place, int rows, int columns)
    {
        int experts = _config.Moe?.Router.Experts ?? 0;
        RequireCount(place.Name, (long)experts * rows * columns, experts, rows, columns);
        return _model.ReadRows(place.Name, name, (long)place.Expert * rows, rows, columns);
    }

    private Weight Ordered(Weight weight) => weight.Rearranged(Order(weight.Rows));

    private int[] Order(int rows) => GgufNames.InterleavedRows(rows, ((GqaConfig)_config.Attention).HeadDim);

    /// <summary>Per head: the keys, transposed back, then the values. Made when products first ask for it.</summary>
    private Weight Joined(string name, string keysName, int rows, int columns)
    {
        var attention = (MlaConfig)_config.Attention;
        (int heads, int dn, int dv) = (attention.NumAttentionHeads, attention.QkNopeHeadDim, attention.VHeadDim);
        RequireCount(keysName, (long)heads * columns * dn, heads, columns, dn);
        Weight keys = _model.ReadRows(keysName, name, 0, heads * columns, dn); // [H * rank, nope]
        Weight values = _model.ReadRows(GgufNames.ValuesOf(keysName), name, 0, heads * dv, columns); // [H * v, rank]
        return Weight.Deferred(name, rows, columns, (target, _) =>
        {
            float[] key = new float[dn];
            for (int head = 0; head < heads; head++)
            {
                Span<float> own = target.Slice(head * (dn + dv) * columns, (dn + dv) * columns);
                for (int c = 0; c < columns; c++)
                {
                    keys.ReadRow((head * columns) + c, key);
                    for (int i = 0; i < dn; i++)
                    {
                        own[(i * columns) + c] = key[i];
                    }
                }

                for (int i = 0; i < dv; i++)
                {
                    values.ReadRow((head * dv) + i, own.Slice((dn + i) * columns, columns));
                }
            }
        });
    }

    private void RequireCount(string name, long count, params ReadOnlySpan<int> shape)
    {
        GgufTensor tensor = _model.Find(name) ?? throw _model.Fault(name, "is missing");
        if (tensor.Count != count)
        {
            throw _model.Fault(name, $"expected [{string.Join(", ", shape.ToArray())}], found [{string.Join(", ", tensor.Shape)}]");
        }
    }
}
