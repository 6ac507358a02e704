namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>
/// One file as torch.save writes it (<c>pytorch_model.bin</c>, <c>*.pt</c>), read without executing anything. Tensors are named by their way through the
/// dictionaries, with dots between. Contiguous ones stay mapped; views with other strides are copied when they are first asked for.
/// </summary>
public sealed unsafe class TorchFile : TensorFile
{
    // Tied and transposed weights are views of what is in the file once; a file of nothing but views is an attack on memory.
    private const int MostCopies = 4;

    /// <summary>Where training scripts put the model when the file holds more than it.</summary>
    private static readonly string[] s_nests = ["state_dict", "model_state_dict", "model"];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ByteRange> _storages = [];
    private readonly Dictionary<string, TorchTensor> _scattered = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AlignedBytes> _copies = new(StringComparer.Ordinal);

    /// <summary>Opens and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="modelOnly">
    /// Only the tensors of the model, by the names the model knows: of a training checkpoint those in <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c>,
    /// and without the <c>module.</c> that parallel training puts before all of them.
    /// </param>
    /// <exception cref="InvalidDataException">It is not a sound file, or its pickle does what no checkpoint needs.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public TorchFile(string path, bool modelOnly = false)
        : base(path)
    {
        try
        {
            TorchContents contents = TorchContents.Read(path, FileBytes, FileLength);
            PickleMap root = contents.Root as PickleMap ?? throw new InvalidDataException($"{path}: the pickle holds no dictionary of tensors");
            List<(string Name, TorchTensor Tensor)> tensors = TorchNames.Of(
                modelOnly ? ModelOf(root) : root, contents.PickleLength, fault => new InvalidDataException($"{path}: pickle: {fault}"));
            const string Module = "module.";
            int skip = modelOnly && tensors.All(t => t.Name.StartsWith(Module, StringComparison.Ordinal)) ? Module.Length : 0;
            _storages = contents.Storages;
            Entries = new Dictionary<string, TensorEntry>(tensors.Count, StringComparer.Ordinal);
            foreach ((string name, TorchTensor tensor) in tensors)
            {
                Add(name[skip..], tensor);
            }

            if (_scattered.Values.Sum(t => (double)t.Count * t.ValueBytes) > (double)FileLength * MostCopies)
            {
                throw new InvalidDataException($"{path}: its views would take more than {MostCopies} times the file when copied");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether a file is one that this class reads, by its name.</summary>
    public static bool IsTorch(string path) => System.IO.Path.GetExtension(path) is ".bin" or ".pt" or ".pth";

    internal override byte* Address(TensorEntry entry)
    {
        byte* mapped = base.Address(entry);
        if (!_scattered.TryGetValue(entry.Name, out TorchTensor? tensor))
        {
            return mapped;
        }

        lock (_lock)
        {
            if (!_copies.TryGetValue(entry.Name, out AlignedBytes? copy))
            {
                copy = new AlignedBytes(entry.Length);
                Gather(mapped, tensor, copy.Data);
                _copies.Add(entry.Name, copy);
            }

            return copy.Data;
        }
    }

    /// <summary>The dictionary of the model in a training checkpoint; the whole if there is none.</summary>
    private static PickleMap ModelOf(PickleMap root)
    {
        foreach (string nest in s_nests)
        {
            foreach ((string key, object? value) in root.Items)
            {
                if (key == nest && value is PickleMap map && map.Items.Any(i => i.Value is TorchTensor))
                {
                    return map;
                }
            }
        }

        return root;
    }

    private void Add(string name, TorchTensor tensor)
    {
        TorchStorage storage = tensor.Storage;
        if (!_storages.TryGetValue(storage.Key, out ByteRange range))
        {
            throw Fault(name, $"its storage {OneLine.Quote(storage.Key)} is not in the file");
        }

        // Announced counts are below the length of the file, so nothing here can wrap.
        int width = tensor.ValueBytes;
        if (storage.Count * width > range.Length)
        {
            throw Fault(name, $"its storage {OneLine.Quote(storage.Key)} has {range.Length} bytes, {storage.Count} values of {storage.Type.Name()} are announced");
        }

        var entry = new TensorEntry
        {
            Name = name,
            Type = storage.Type,
            Shape = tensor.Shape,
            Count = tensor.Count,
            Begin = range.Begin + (tensor.Offset * width),
            Length = tensor.Count * width,
        };
        if (!Entries.TryAdd(name, entry))
        {
            throw Fault(name, "appears twice");
        }

        if (!tensor.IsContiguous)
        {
            _scattered.Add(name, tensor);
        }
    }

    private InvalidDataException Fault(string name, string fault) => new($"{Path}: tensor {OneLine.Quote(name)}: {fault}");

    /// <summary>Copies the values of a view, the last dimension fastest.</summary>
    private static void Gather(byte* source, TorchTensor tensor, byte* target)
    {
        int last = tensor.Shape.Length - 1;
        long row = tensor.Shape[last], stride = tensor.Strides[last];
        long[] index = new long[last];
        for (long done = 0, at = 0; done < tensor.Count; done += row)
        {
            switch (tensor.ValueBytes)
            {
                case 1:
                    CopyRow(source + at, stride, row, target + done);
                    break;
                case 2:
                    CopyRow((ushort*)source + at, stride, row, (ushort*)target + done);
                    break;
                case 4:
                    CopyRow((uint*)source + at, stride, row, (uint*)target + done);
                    break;
                default:
                    CopyRow((ulong*)source + at, stride, row, (ulong*)target + done);
                    break;
            }

            for (int d = last - 1; d >= 0; d--)
            {
                at += tensor.Strides[d];
                if (++index[d] < tensor.Shape[d])
                {
                    break;
                }

                at -= tensor.Shape[d] * tensor.Strides[d];
                index[d] = 0;
            }
        }
    }

    private static void CopyRow<T>(T* source, long stride, long count, T* target)
        where T : unmanaged
    {
        for (long i = 0; i < count; i++)
        {
            target[i] = System.Runtime.CompilerServices.Unsafe.ReadUnaligned<T>(source + (i * stride));
        }
    }
}
