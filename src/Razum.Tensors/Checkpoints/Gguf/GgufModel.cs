using System.Globalization;
using System.Text.RegularExpressions;


namespace Razum.Tensors.Checkpoints.Gguf;

/// <summary>
/// The tensors and metadata of a model in GGUF: one file, or all files of a split one (<c>NAME-00001-of-00003.gguf</c>), whichever of them is named.
/// Weights made from it keep its files mapped; dispose only when none is used any more.
/// </summary>
public sealed unsafe partial class GgufModel : IDisposable
{
    private const string CountKey = "split.count";
    private const int MostFiles = 99_999;

    private readonly List<GgufFile> _files = [];
    private readonly OrderedDictionary<string, (GgufFile File, GgufTensor Tensor)> _tensors = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A file is damaged or missing.</exception>
    public GgufModel(string path)
    {
        Path = path;
        try
        {
            Match name = SplitName().Match(path);
            if (name.Success)
            {
                OpenAll(name);
            }
            else
            {
                Add(Open(path));
                if (Whole(_files[0], CountKey) is > 1 and var count)
                {
                    throw new InvalidDataException($"{path}: one of {count} files, but its name does not end in -00001-of-{count:00000}.gguf");
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file that was named.</summary>
    public string Path { get; }

    /// <summary>The metadata of the first file.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata => _files[0].Metadata;

    /// <summary>The tensors of all files, in their order.</summary>
    public IEnumerable<GgufTensor> Tensors => _tensors.Values.Select(t => t.Tensor);

    /// <summary>Whether a file is one that this class reads.</summary>
    public static bool IsGguf(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && File.Exists(path);

    public GgufTensor? Find(string name) => _tensors.TryGetValue(name, out (GgufFile File, GgufTensor Tensor) found) ? found.Tensor : null;

    /// <summary>The values of a tensor as F32.</summary>
    /// <exception cref="InvalidDataException">It is missing, too large, or not of a type of weights.</exception>
    public float[] ReadFloats(string name)
    {
        (GgufFile file, GgufTensor tensor) = FileOf(name);
        return tensor.Count <= Array.MaxLength
            ? Weight(name, file, tensor, 1, checked((int)tensor.Count), isVector: true).ToArray()
            : throw Fault(name, $"{tensor.Count} values do not fit an array");
    }

    /// <summary>The bytes of a tensor. Valid until the model is disposed; below 2 GiB.</summary>
    public ReadOnlySpan<byte> Bytes(string name) => FileOf(name).File.Bytes(FileOf(name).Tensor);

    /// <summary>
    /// Rows <paramref name="from"/> up to <paramref name="from"/> + <paramref name="rows"/> of a tensor, taken as a matrix whose rows are its fastest dimension,
    /// as a weight over the mapped bytes.
    /// </summary>
    /// <exception cref="InvalidDataException">The tensor is missing, has another shape, or is not of a type of weights.</exception>
    public Weight ReadRows(string name, string weightName, long from, int rows, int columns)
    {
        (GgufFile file, GgufTensor tensor) = FileOf(name);
        long width = tensor.Dims.Count == 0 ? 1 : tensor.Dims[0];
        if (width != columns || from < 0 || from > (tensor.Count / Math.Max(width, 1)) - rows)
        {
            throw Fault(name, $"expected rows {from} to {from + rows} of {columns} values, found [{string.Join(", ", tensor.Shape)}]");
        }

        long rowBytes = columns / tensor.Type.BlockSize() * (long)tensor.Type.BlockBytes();
        return Weight(weightName, file, tensor, rows, columns, isVector: false, from * rowBytes);
    }

    public void Dispose()
    {
        foreach (GgufFile file in _files)
        {
            file.Dispose();
        }
    }

    /// <summary>A fault in a tensor of this model.</summary>
    public InvalidDataException Fault(string name, string fault) => new($"{Path}: tensor {OneLine.Quote(name)}: {fault}");

    private static long? Whole(GgufFile file, string key) => file.Metadata.TryGetValue(key, out GgufValue? value) ? value.Whole : null;

    private static GgufFile Open(string path) => File.Exists(path) ? new GgufFile(path) : throw new InvalidDataException($"{path}: no such file");

    private void OpenAll(Match name)
    {
        int count = int.Parse(name.Groups["count"].ValueSpan, CultureInfo.InvariantCulture);
        for (int i = 0; i < count; i++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{name.Groups["stem"].Value}-{i + 1:00000}-of-{count:00000}.gguf");
            if (i > 0 && !File.Exists(path))
            {
                throw new InvalidDataException($"{path}: missing, one of {count} files of this model");
            }

            GgufFile file = Open(path);
            Add(file);
            if (Whole(file, CountKey) != count || Whole(file, "split.no") != i)
            {
                throw new InvalidDataException($"{path}: {CountKey} and split.no do not say that it is number {i} of {count} files");
            }
        }

        if (count is < 1 or > MostFiles)
        {
            throw new InvalidDataException($"{Path}: {count} files");
        }

        if (Whole(_files[0], "split.tensors.count") is { } tensors && tensors != _tensors.Count)
        {
            throw new InvalidDataException($"{Path}: split.tensors.count is {tensors}, but the {count} files hold {_tensors.Count} tensors");
        }
    }

    private void Add(GgufFile file)
    {
        _files.Add(file);
        foreach (GgufTensor tensor in file.Tensors)
        {
            if (!_tensors.TryAdd(tensor.Name, (file, tensor)))
            {
                throw new InvalidDataException($"{file.Path}: tensor {OneLine.Quote(tensor.Name)} is in another file of the model too");
            }
        }
    }

    private (GgufFile File, GgufTensor Tensor) FileOf(string name) => _tensors.TryGetValue(name, out (GgufFile File, GgufTensor Tensor) found)
        ? found
        : throw new InvalidDataException($"{Path}: tensor {OneLine.Quote(name)} is missing");

    private static Weight Weight(string name, GgufFile file, GgufTensor tensor, int rows, int columns, bool isVector, long offset = 0)
    {
        WeightFormat format = tensor.Type.Format()
            ?? throw new InvalidDataException($"{file.Path}: tensor {OneLine.Quote(tensor.Name)}: weights of type {tensor.Type} are not supported");
        return Razum.Tensors.Weight.Map(name, format, file.Address(tensor) + offset, rows, columns, isVector, file);
    }

    [GeneratedRegex(@"^(?<stem>.*)-(?<no>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.Singleline)]
    private static partial Regex SplitName();
}
