using System.Text.Json;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Models.Adapters;

/// <summary>The adapters of a PEFT folder, copied to F32. Every tensor of the folder must belong to a layer of the model.</summary>
internal sealed class PeftAdapters : AdaptedParameters, IDisposable
{
    private readonly int _layers;
    private readonly PeftConfig _config;
    private readonly SafetensorsFile _file;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A file is missing, damaged or not supported; one line.</exception>
    public PeftAdapters(ParameterSource inner, string folder, int layers)
        : base(inner)
    {
        _layers = layers;
        _config = PeftConfig.Read(Path.Combine(folder, PeftFolder.ConfigName));
        string file = Path.Combine(folder, PeftFolder.ModelName);
        _file = File.Exists(file) ? new SafetensorsFile(file) : throw new InvalidDataException($"{file}: no such file");
    }

    public override LoraPair? GetAdapter(string name, int inputs, int outputs)
    {
        (string nameOfA, string nameOfB) = (PeftFolder.NameOfA(name), PeftFolder.NameOfB(name));
        bool isAhead = name.StartsWith($"model.layers.{_layers}.", StringComparison.Ordinal); // the layer of multi-token prediction
        bool isTarget = !isAhead && _config.Targets.Any(t => Means(t, name));
        if (!isTarget && _file.Find(nameOfA) is null && _file.Find(nameOfB) is null)
        {
            return null;
        }

        int rank = _config.RankOf(name);
        Weight a = Read(nameOfA, rank, inputs);
        return new LoraPair(name, a, Read(nameOfB, outputs, rank), _config.ScaleOf(name));
    }

    /// <summary>Once the model is made: a tensor that nobody asked for changes a layer that cannot be adapted.</summary>
    /// <exception cref="InvalidDataException">There is one, or there are no tensors at all.</exception>
    public void CheckTensors()
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

    public void Dispose() => _file.Dispose();

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
