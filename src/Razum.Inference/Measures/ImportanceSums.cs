using System.Numerics;
using System.Runtime.InteropServices;
using Razum.Models;
using Razum.Models.Gguf;
using Razum.Tensors;
using Razum.Tensors.Checkpoints.Gguf;

namespace Razum.Inference.Measures;

/// <summary>
/// For every matrix of a model the sums of the squares of the columns of its inputs, sum_t x[t, c]^2, and the number of rows t; of experts each its own, by the
/// rows that were sent to it. Under the names that the tensors have in GGUF files, where experts are stacked and <c>kv_b_proj</c> is split. Saved in the layout
/// of llama.cpp: tensors NAME.in_sum2 [columns, matrices] and NAME.counts [1, matrices], which <see cref="ImportanceMatrix"/> reads.
/// </summary>
internal sealed class ImportanceSums
{
    private readonly Dictionary<Weight, GgufPlace> _places = [];
    private readonly SortedDictionary<string, Sums> _sums = new(StringComparer.Ordinal);
    private readonly int _experts;

    /// <param name="decoder">The model. Its latent attention is put into the form that has the matrices of the file.</param>
    /// <param name="file">The GGUF file that it was read from; null for a folder: the names that it would be written with.</param>
    /// <exception cref="ArgumentException">GGUF files have no names for such a model.</exception>
    public ImportanceSums(Decoder decoder, GgufModel? file)
    {
        var names = new GgufNames(file is null ? GgufMetadata.Architecture(decoder.Config) : GgufConfig.Architecture(file));
        _experts = decoder.Config.Moe?.Router.Experts ?? 0;
        bool isSplit = false;
        foreach (Weight weight in decoder.Parameters.Where(w => !w.IsVector))
        {
            GgufPlace place = names.Find(weight.Name).FirstOrDefault(p => file?.Find(p.Name) is not null || file is null);
            if (place.Name is not null)
            {
                _places.Add(weight, place);
                isSplit |= place.Change == NameChange.SplitKeyValue;
            }
        }

        decoder.LatentForm = isSplit ? LatentAttentionForm.Absorbed : LatentAttentionForm.Expanded;
    }

    /// <summary>Tensors that have sums.</summary>
    public int Count => _sums.Count;

    /// <summary>Stacked experts that no row was sent to, of all layers and matrices.</summary>
    public int Unvisited => _sums.Values.Sum(s => s.Counts.Count(c => c == 0));

    /// <summary>Adds the inputs of a product (<see cref="InputObserver"/>).</summary>
    public void Add(Weight weight, Tensor x, bool transposed)
    {
        if (!_places.TryGetValue(weight, out GgufPlace place))
        {
            return;
        }

        bool isStacked = place.Change == NameChange.Expert;
        string name = place.Change == NameChange.SplitKeyValue && !transposed ? GgufNames.ValuesOf(place.Name) : place.Name;
        if (!_sums.TryGetValue(name, out Sums? sums))
        {
            _sums.Add(name, sums = new Sums(x.Columns, isStacked ? _experts : 1));
        }

        sums.Add(isStacked ? place.Expert : 0, x);
    }

    /// <summary>Writes the file: whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Name of the text.</param>
    /// <param name="chunks">Chunks of it that were read.</param>
    /// <param name="length">Tokens of a chunk.</param>
    /// <exception cref="InvalidDataException">A sum is not a finite number.</exception>
    public void Save(string path, string text, int chunks, int length)
    {
        var writer = new GgufWriter();
        writer.Set("general.type", "imatrix");
        writer.Set("imatrix.datasets", new[] { text });
        writer.Set("imatrix.chunk_count", (uint)chunks);
        writer.Set("imatrix.chunk_size", (uint)length);
        foreach ((string name, Sums sums) in _sums)
        {
            Add(writer, name + ImportanceMatrix.Sums, sums.Squares, sums.Counts.Length);
            Add(writer, name + ImportanceMatrix.Counts, sums.Counts, sums.Counts.Length);
        }

        writer.Save(path);
    }

    private static void Add(GgufWriter writer, string name, double[] values, int matrices)
    {
        float[] narrow = [.. values.Select(v => (float)v)];
        if (!narrow.All(float.IsFinite))
        {
            throw new InvalidDataException($"{name}: a sum is not a finite number");
        }

        writer.Add(name, GgmlType.F32, [narrow.Length / matrices, matrices], stream => stream.Write(MemoryMarshal.AsBytes(narrow.AsSpan())));
    }

    /// <summary>Of the matrices of one tensor, one after the other.</summary>
    private sealed class Sums(int columns, int matrices)
    {
        public double[] Squares { get; } = new double[columns * matrices];

        public double[] Counts { get; } = new double[matrices];

        public void Add(int matrix, Tensor x)
        {
            Span<double> squares = Squares.AsSpan(matrix * columns, columns);
            for (int t = 0; t < x.Rows; t++)
            {
                AddSquares(x[t], squares);
            }

            Counts[matrix] += x.Rows;
        }

        private static void AddSquares(ReadOnlySpan<float> row, Span<double> squares)
        {
            int c = 0;
            for (; c <= row.Length - Vector<float>.Count; c += Vector<float>.Count)
            {
                Vector.Widen(new Vector<float>(row[c..]), out Vector<double> low, out Vector<double> high);
                Span<double> first = squares[c..], second = first[Vector<double>.Count..];
                (new Vector<double>(first) + (low * low)).CopyTo(first);
                (new Vector<double>(second) + (high * high)).CopyTo(second);
            }

            for (; c < row.Length; c++)
            {
                squares[c] += (double)row[c] * row[c];
            }
        }
    }
}
