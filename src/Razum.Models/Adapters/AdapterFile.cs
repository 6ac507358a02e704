using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Models.Adapters;

/// <summary>An adapter as it lies on the disk, opened to be read layer by layer.</summary>
internal abstract class AdapterFile : IDisposable
{
    /// <summary>Opens a folder as PEFT writes it, or a GGUF file.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="config">The model that it is for.</param>
    /// <exception cref="InvalidDataException">It is missing, damaged, not supported or for another kind of model; one line.</exception>
    public static AdapterFile Open(string path, ModelConfig config) => GgufModel.IsGguf(path)
        ? new GgufAdapter(path, config)
        : Directory.Exists(path)
            ? new PeftAdapter(path, config.NumHiddenLayers)
            : throw new InvalidDataException($"{path}: no such folder; an adapter is a folder as PEFT writes it, or a .gguf file");

    /// <summary>What is added to the linear layer <paramref name="module"/>, copied to F32; null for nothing.</summary>
    /// <exception cref="InvalidDataException">It does not fit the layer, or half of it is missing.</exception>
    public abstract LoraPair? Find(string module, int inputs, int outputs);

    /// <summary>Once the model is made: a tensor that nobody asked for changes a layer that cannot be adapted.</summary>
    /// <exception cref="InvalidDataException">There is one, or there are no tensors at all.</exception>
    public abstract void CheckTensors();

    public abstract void Dispose();
}
