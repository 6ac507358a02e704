using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Inference;

/// <summary>
/// How much the columns of every weight matter: the mean square of the activations that met them, measured by <see cref="Measures.ImportanceRun"/> or another
/// program and kept in a GGUF file (tensors <c>NAME.in_sum2</c> and <c>NAME.counts</c>).
/// </summary>
public sealed class ImportanceMatrix
{
    internal const string Sums = ".in_sum2";
    internal const string Counts = ".counts";

    private readonly Dictionary<string, float[]> _columns = new(StringComparer.Ordinal);

    private ImportanceMatrix()
    {
    }

    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public static ImportanceMatrix Read(string path)
    {
        using var file = new GgufModel(path);
        ImportanceMatrix matrix = new();
        foreach (GgufTensor tensor in file.Tensors.Where(t => t.Name.EndsWith(Sums, StringComparison.Ordinal)))
        {
            string name = tensor.Name[..^Sums.Length];
            float[] sums = file.ReadFloats(tensor.Name), counts = file.ReadFloats(name + Counts);
            int columns = (int)tensor.Dims[0];
            if (counts.Length * columns != sums.Length)
            {
                throw file.Fault(tensor.Name, $"{sums.Length} sums of {columns} columns do not fit {counts.Length} counts");
            }

            // An expert that was never visited says nothing: its columns matter alike.
            matrix._columns[name] = [.. sums.Select((sum, i) => counts[i / columns] > 0 ? sum / counts[i / columns] : 1)];
        }

        return matrix._columns.Count > 0 ? matrix : throw new InvalidDataException($"{path}: no importance matrix: there are no tensors that end in {Sums}");
    }

    /// <summary>The columns of a weight, for each of its stacked matrices or one for all; null when nothing is known.</summary>
    public float[]? Find(string weight, long columns, long matrices) =>
        _columns.TryGetValue(weight, out float[]? found) && (found.Length == columns || found.Length == columns * matrices) ? found : null;
}
