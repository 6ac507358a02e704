using Razum.Tensors.Checkpoints;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Cli;

/// <summary>A tensor of a model's files, for listing.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">The name of its type.</param>
/// <param name="Shape">Sizes, slowest first.</param>
internal sealed record ListedTensor(string Name, string Type, IReadOnlyList<long> Shape)
{
    public static ListedTensor Of(TensorEntry entry) => new(entry.Name, entry.Type.Name(), entry.Shape);

    public static ListedTensor Of(GgufTensor tensor) => new(tensor.Name, tensor.Type.ToString(), tensor.Shape);
}
