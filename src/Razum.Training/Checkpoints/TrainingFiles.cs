using System.Runtime.InteropServices;
using System.Text.Json;
using Razum.Tensors;
using Razum.Tensors.Checkpoints;

namespace Razum.Training.Checkpoints;

/// <summary>
/// The folder <c>training</c> of a checkpoint: state.json, and state.safetensors with <c>master.NAME</c> of what is trained, the state of the optimiser
/// (<c>m.NAME</c>, <c>v.NAME</c>) and of the stage (<c>reference.NAME</c>) in F32, bit by bit.
/// The published weights beside it may be rounded; a run continues from these.
/// </summary>
internal static class TrainingFiles
{
    public static void Write(string folder, IEnumerable<Weight> trained, IEnumerable<(string Name, Tensor Values)> values, TrainState state)
    {
        Directory.CreateDirectory(folder);
        var writer = new SafetensorsWriter();
        foreach (Weight weight in trained)
        {
            writer.Add("master." + weight.Name, weight, ElementType.F32);
        }

        foreach ((string name, Tensor row) in values)
        {
            writer.Add(name, row.ToArray(), ElementType.F32, row.Columns);
        }

        writer.Save(Path.Combine(folder, "state.safetensors"));
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(state, TrainStateJson.Default.TrainState);
        AtomicFile.Write(Path.Combine(folder, "state.json"), stream => stream.Write(json));
    }

    /// <exception cref="InvalidDataException">A file is missing or damaged, or belongs to another run.</exception>
    public static TrainState ReadState(string folder, string run)
    {
        string file = Path.Combine(folder, "state.json");
        TrainState state;
        try
        {
            state = JsonSerializer.Deserialize(File.ReadAllBytes(file), TrainStateJson.Default.TrainState)
                ?? throw new InvalidDataException($"{file}: expected an object");
        }
        catch (Exception fault) when (fault is JsonException or IOException)
        {
            throw new InvalidDataException($"{file}: cannot be read: {fault.Message.ReplaceLineEndings(" ")}", fault);
        }

        if (state.Run != run)
        {
            throw new InvalidDataException(
                $"{Path.GetDirectoryName(folder)}: this checkpoint was made by another run file, other data or another tokenizer; "
                + "choose another output or remove it");
        }

        return state;
    }

    /// <summary>Reads masters and all other values back to where they belong.</summary>
    /// <exception cref="InvalidDataException">The file is missing or damaged, or lacks one of them.</exception>
    public static void ReadValues(string folder, IEnumerable<Weight> trained, IEnumerable<(string Name, Tensor Values)> targets)
    {
        using var values = new SafetensorsFile(Path.Combine(folder, "state.safetensors"));
        foreach (Weight weight in trained)
        {
            Copy(values, "master." + weight.Name, weight.AsSpan());
            weight.MarkChanged();
        }

        foreach ((string name, Tensor target) in targets)
        {
            Copy(values, name, target[0]);
        }
    }

    private static void Copy(SafetensorsFile values, string name, Span<float> target)
    {
        TensorEntry entry = values[name];
        if (entry.Type != ElementType.F32 || entry.Count != target.Length)
        {
            throw new InvalidDataException($"{values.Path}: tensor {name}: expected {target.Length} values of F32, found {entry.Count} of {entry.Type}");
        }

        MemoryMarshal.Cast<byte, float>(values.Bytes(name)).CopyTo(target);
    }
}
