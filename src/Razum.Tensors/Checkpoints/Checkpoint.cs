using Razum.Tensors.Checkpoints.Torch;

namespace Razum.Tensors.Checkpoints;

/// <summary>
/// The tensors of a published checkpoint: a folder with <c>model.safetensors</c>, or with shards and <c>model.safetensors.index.json</c>, or the same of
/// <c>pytorch_model.bin</c>, or one file. Safetensors come first where a folder has both. Weights made from it keep its files mapped; dispose only when none is used any more.
/// </summary>
public sealed unsafe class Checkpoint : IDisposable
{
    private static readonly string[] s_names = ["model.safetensors", "pytorch_model.bin"];

    private readonly List<TensorFile> _files = [];
    private readonly Dictionary<string, (TensorFile File, TensorEntry Entry)> _tensors = new(StringComparer.Ordinal);

    /// <summary>Opens a folder or one file.</summary>
    /// <exception cref="InvalidDataException">A file is damaged or missing, or the index does not fit the files.</exception>
    public Checkpoint(string path)
    {
        Path = path;
        try
        {
            if (File.Exists(path))
            {
                AddFile(path);
                return;
            }

            foreach (string name in s_names)
            {
                string file = System.IO.Path.Combine(path, name), index = file + ".index.json";
                if (File.Exists(file))
                {
                    AddFile(file);
                    return;
                }

                if (File.Exists(index))
                {
                    AddShards(index);
                    return;
                }
            }

            throw new InvalidDataException(Directory.Exists(path)
                ? $"{path}: neither {s_names[0]} nor {s_names[1]}, nor an .index.json of either, in this folder"
                : $"{path}: no such file or folder");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>Whether there are weights in a folder.</summary>
    public static bool IsIn(string folder) => Array.Exists(s_names, name =>
        File.Exists(System.IO.Path.Combine(folder, name)) || File.Exists(System.IO.Path.Combine(folder, name + ".index.json")));

    /// <summary>Names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>Type, shape and place of a tensor; null if there is none of that name.</summary>
    public TensorEntry? Find(string name) => _tensors.TryGetValue(name, out (TensorFile File, TensorEntry Entry) found) ? found.Entry : null;

    /// <summary>The values of a tensor as F32.</summary>
    public float[] ReadFloats(string name) => FileOf(name).ReadFloats(name);

    /// <summary>
    /// A tensor of shape [rows, columns] as a weight. F32, BF16, F16 and E4M3 (with its <c>_scale_inv</c> beside it) stay mapped, F64 becomes F32. With <paramref name="trainable"/> everything is
    /// copied to F32, to be written to.
    /// </summary>
    /// <exception cref="InvalidDataException">The tensor is missing or has another shape or a type that weights cannot have.</exception>
    public Weight ReadMatrix(string name, int rows, int columns, bool trainable = false) => Read(name, [rows, columns], trainable);

    /// <summary>A tensor of shape [length] as a weight: gains and biases are few and always copied to F32. Otherwise as <see cref="ReadMatrix"/>.</summary>
    public Weight ReadVector(string name, int length, bool trainable = false) => Read(name, [length], trainable);

    public void Dispose()
    {
        foreach (TensorFile file in _files)
        {
            file.Dispose();
        }
    }

    private static TensorFile Open(string path) => TorchFile.IsTorch(path) ? new TorchFile(path, modelOnly: true) : new SafetensorsFile(path);

    private void AddFile(string path)
    {
        TensorFile file = Open(path);
        _files.Add(file);
        foreach (TensorEntry entry in file.Tensors)
        {
            _tensors.Add(entry.Name, (file, entry));
        }
    }

    private void AddShards(string index)
    {
        Dictionary<string, TensorFile> shards = new(StringComparer.Ordinal);
        foreach ((string name, string fileName) in ShardIndex.Read(index))
        {
            if (!shards.TryGetValue(fileName, out TensorFile? file))
            {
                string path = System.IO.Path.Combine(Path, fileName);
                if (!File.Exists(path))
                {
                    throw new InvalidDataException($"{index}: tensor {OneLine.Quote(name)}: file {OneLine.Quote(fileName)} is missing");
                }

                file = Open(path);
                _files.Add(file);
                shards.Add(fileName, file);
            }

            TensorEntry entry = file.Find(name)
                ?? throw new InvalidDataException($"{index}: tensor {OneLine.Quote(name)} is not in {OneLine.Quote(fileName)}");
            _tensors.Add(name, (file, entry));
        }
    }

    private TensorFile FileOf(string name) => _tensors.TryGetValue(name, out (TensorFile File, TensorEntry Entry) found)
        ? found.File
        : throw new InvalidDataException($"{Path}: tensor {OneLine.Quote(name)} is missing");

    private Weight Read(string name, ReadOnlySpan<int> shape, bool trainable)
    {
        TensorFile file = FileOf(name);
        TensorEntry entry = file[name];
        bool fits = entry.Shape.Count == shape.Length;
        for (int i = 0; fits && i < shape.Length; i++)
        {
            fits = entry.Shape[i] == shape[i];
        }

        if (!fits)
        {
            throw new InvalidDataException(
                $"{file.Path}: tensor {OneLine.Quote(name)}: expected [{string.Join(", ", shape.ToArray())}], found [{string.Join(", ", entry.Shape)}]");
        }

        bool isVector = shape.Length == 1;
        if (entry.Type == ElementType.F8E4M3 && !isVector)
        {
            return ReadFloat8(file, entry, shape[0], shape[1], trainable);
        }

        return Make(file, entry, isVector ? 1 : shape[0], shape[^1], isVector, trainable);
    }

    /// <summary>E4M3 bytes, which stay mapped, with their factors; trainable as F32.</summary>
    private Weight ReadFloat8(TensorFile file, TensorEntry entry, int rows, int columns, bool trainable)
    {
        Weight scales = Read(entry.Name + "_scale_inv", [WeightRows.ScaleBlocks(rows), WeightRows.ScaleBlocks(columns)], trainable: false);
        if (scales.Format != WeightFormat.F32)
        {
            scales = Read(entry.Name + "_scale_inv", [scales.Rows, scales.Columns], trainable: true);
        }

        Weight weight = Weight.MapFloat8(entry.Name, file.Address(entry), rows, columns, scales, file);
        if (!trainable)
        {
            return weight;
        }

        Weight wide = Weight.Create(entry.Name, rows, columns);
        for (int row = 0; row < rows; row++)
        {
            weight.CopyRow(row, wide.Floats + ((long)row * columns));
        }

        GC.KeepAlive(weight);
        return wide;
    }

    private static Weight Make(TensorFile file, TensorEntry entry, int rows, int columns, bool isVector, bool trainable)
    {
        byte* source = file.Address(entry);
        bool map = !trainable && !isVector;
        switch (entry.Type)
        {
            case ElementType.BF16 when map && (nint)source % sizeof(ushort) == 0:
                return Weight.Map(entry.Name, WeightFormat.BF16, source, rows, columns, isVector, file);
            case ElementType.BF16 when map:
                AlignedBytes copy = new(entry.Length);
                Buffer.MemoryCopy(source, copy.Data, entry.Length, entry.Length);
                return Weight.Map(entry.Name, WeightFormat.BF16, copy.Data, rows, columns, isVector, copy);
            case ElementType.F16 when map && (nint)source % sizeof(ushort) == 0:
                return Weight.Map(entry.Name, WeightFormat.F16, source, rows, columns, isVector, file);
            case ElementType.F32 when map && (nint)source % sizeof(float) == 0:
                return Weight.Map(entry.Name, WeightFormat.F32, source, rows, columns, isVector, file);
            case ElementType.F32 or ElementType.BF16 or ElementType.F16 or ElementType.F64:
                Weight weight = Weight.Create(entry.Name, rows, columns, isVector);
                ElementReader.ToFloats(file.Path, entry, source, weight.Floats);
                return weight;
            default:
                throw new InvalidDataException($"{file.Path}: tensor {OneLine.Quote(entry.Name)}: weights of type {entry.Type.Name()} are not supported");
        }
    }
}
