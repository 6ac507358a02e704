using System.Text.Json;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Models.Adapters;

/// <summary>An adapter in a PEFT folder.</summary>
internal sealed class PeftAdapter : AdapterFile
{
    private readonly int _layers;
    private readonly PeftConfig _config;
    private readonly SafetensorsFile _file;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A file is missing, damaged or not supported; one line.</exception>
    public PeftAdapter(string folder, int layers)
    {
        _layers = layers;
        _config = PeftConfig.Read(Path.Combine(folder, PeftFolder.ConfigName));
        string file = Path.Combine(folder, PeftFolder.ModelName);
        _file = File.Exists(file) ? new SafetensorsFile(file) : throw new InvalidDataException($"{file}: no such file");
    }

    public override LoraPair? Find(string module, int inputs, int outputs)
    {
        (string nameOfA, string nameOfB) = (PeftFolder.NameOfA(module), PeftFolder.NameOfB(module));
        bool isAhead = module.StartsWith($"model.layers.{_layers}.", StringComparison.Ordinal); // the layer of multi-token prediction
        bool isTarget = !isAhead && _config.Targets.Any(t => AdaptedParameters.Means(t, module));
        if (!isTarget && _file.Find(nameOfA) is null && _file.Find(nameOfB) is null)
        {
            return null;
        }

        int rank = _config.RankOf(module);
        Weight a = Read(nameOfA, rank, inputs);
        return new LoraPair(module, a, Read(nameOfB, outputs, rank), _config.ScaleOf(module));
    }

    public override void CheckTensors()
    {
        if (_file.Tensors.FirstOrDefault(t => !_used.Contains(t.Name)) is { } strange)
        {
            string shown = JsonEncodedText.Encode(strange.Name.Length > 120 ? strange.Name[..120] + "..." : strange.Name).Value;
            throw new InvalidDataException($"{_file.Path}: tensor {shown}: the model has no linear layer of that name that can be adapted");
        }

        if (_used.Count == 0)
        {
            throw new InvalidDataException($"{_file.Path}: no tensors in this adapter");
        }
    }

    public override void Dispose() => _file.Dispose();

    private Weight Read(string name, int rows, int columns)
    {
        TensorEntry entry = _file[name];
        if (!entry.Shape.SequenceEqual([rows, columns]))
        {
            throw new InvalidDataException($"{_file.Path}: tensor {name}: expected [{rows}, {columns}], found [{string.Join(", ", entry.Shape)}]");
        }

        if (entry.Type is not (ElementType.F32 or ElementType.BF16 or ElementType.F16 or ElementType.F64))
        {
            throw new InvalidDataException($"{_file.Path}: tensor {name}: adapters of type {entry.Type} are not supported");
        }

        _used.Add(name);
        Weight weight = Weight.Create(name, rows, columns);
        _file.ReadFloats(name).CopyTo(weight.AsSpan());
        return weight;
    }
}
