using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Adapters;

/// <summary>
/// An adapter in a GGUF file: <c>general.type</c> adapter, <c>adapter.type</c> lora, <c>adapter.lora.alpha</c> (0 or missing: scale 1), and for the tensor NAME
/// of a model in GGUF <c>NAME.lora_a</c> [r, inputs] and <c>NAME.lora_b</c> [outputs, r], in any type of weights. Rows of B lie as those of the tensor do:
/// interleaved for queries and keys of llama. The halves of a split <c>kv_b_proj</c>, stacked experts and embeddings are not supported.
/// </summary>
internal sealed class GgufAdapter : AdapterFile
{
    private const string SuffixOfA = ".lora_a";
    private const string SuffixOfB = ".lora_b";
    private const string InvocationKey = "adapter.alora.invocation_tokens";

    private readonly ModelConfig _config;
    private readonly GgufModel _file;
    private readonly GgufNames _names;
    private readonly double _alpha;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    public GgufAdapter(string path, ModelConfig config)
    {
        _config = config;
        _file = new GgufModel(path);
        try
        {
            string architecture = GgufMetadata.Architecture(config);
            var fields = new GgufFields(path, _file.Metadata, "");
            Require(fields, "general.type", "adapter");
            Require(fields, "adapter.type", "lora");
            Require(fields, "general.architecture", architecture);
            if (fields.Has(InvocationKey))
            {
                throw fields.Unsupported(InvocationKey, "adapters from the first token on");
            }

            _alpha = fields.Number("adapter.lora.alpha", 0);
            _names = new GgufNames(architecture);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public override LoraPair? Find(string module, int inputs, int outputs)
    {
        foreach (GgufPlace place in _names.Find(module + ".weight"))
        {
            (string nameOfA, string nameOfB) = (place.Name + SuffixOfA, place.Name + SuffixOfB);
            if (place.Change is not (NameChange.Expert or NameChange.SplitKeyValue) && (_file.Find(nameOfA) ?? _file.Find(nameOfB)) is not null)
            {
                return Read(module, place, (nameOfA, nameOfB), inputs, outputs);
            }
        }

        return null;
    }

    public override void CheckTensors()
    {
        if (_file.Tensors.FirstOrDefault(t => !_used.Contains(t.Name)) is { } strange)
        {
            throw _file.Fault(strange.Name, "the model has no linear layer of that name that can be adapted");
        }

        if (_used.Count == 0)
        {
            throw new InvalidDataException($"{_file.Path}: no tensors in this adapter");
        }
    }

    public override void Dispose() => _file.Dispose();

    private LoraPair Read(string module, GgufPlace place, (string A, string B) names, int inputs, int outputs)
    {
        GgufTensor first = _file.Find(names.A) ?? throw _file.Fault(names.A, "is missing");
        GgufTensor second = _file.Find(names.B) ?? throw _file.Fault(names.B, "is missing");
        long rank = first.Count / inputs;
        if (rank is 0 or > int.MaxValue || first.Count != rank * inputs || first.Dims[0] != inputs)
        {
            throw _file.Fault(names.A, $"expected [r, {inputs}], found [{string.Join(", ", first.Shape)}]");
        }

        if (second.Count != rank * outputs || second.Dims[0] != rank)
        {
            throw _file.Fault(names.B, $"expected [{outputs}, {rank}], found [{string.Join(", ", second.Shape)}]");
        }

        Weight a = Weight.Create(PeftFolder.NameOfA(module), (int)rank, inputs);
        _file.ReadFloats(names.A).CopyTo(a.AsSpan());
        Weight b = Weight.Create(PeftFolder.NameOfB(module), outputs, (int)rank);
        float[] stored = _file.ReadFloats(names.B);
        int[]? order = place.Change is NameChange.QueryRows or NameChange.KeyRows
            ? GgufNames.InterleavedRows(outputs, ((GqaConfig)_config.Attention).HeadDim)
            : null;
        for (int row = 0; row < outputs; row++)
        {
            stored.AsSpan((order?[row] ?? row) * (int)rank, (int)rank).CopyTo(b.AsSpan()[(row * (int)rank)..]);
        }

        _used.Add(names.A);
        _used.Add(names.B);
        return new LoraPair(module, a, b, _alpha == 0 ? 1 : (float)(_alpha / rank));
    }

    private static void Require(GgufFields fields, string key, string expected)
    {
        if (fields.Text(key) != expected)
        {
            throw fields.Unsupported(key, expected);
        }
    }
}
