namespace Razum.Tensors.Checkpoints.Torch;

/// <summary>A view of a storage, checked to lie in what the storage announces. Offset and strides count values.</summary>
internal sealed class TorchTensor
{
    private const int MostDimensions = 16;

    private TorchTensor(TorchStorage storage, long offset, long[] shape, long[] strides, long count) =>
        (Storage, Offset, Shape, Strides, Count) = (storage, offset, shape, strides, count);

    public TorchStorage Storage { get; }

    public long Offset { get; }

    public long[] Shape { get; }

    public long[] Strides { get; }

    /// <summary>Number of values: the product of the sizes.</summary>
    public long Count { get; }

    public int ValueBytes => Storage.Type.Bits() / 8;

    /// <summary>Whether the values lie one after the other.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int i = Shape.Length - 1; i >= 0 && Count > 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected)
                {
                    return false;
                }

                expected *= Shape[i];
            }

            return true;
        }
    }

    /// <summary>A view; <paramref name="fault"/> says what is wrong when there is none.</summary>
    /// <param name="storage">What it is a view of.</param>
    /// <param name="offset">Its first value.</param>
    /// <param name="shape">Sizes, slowest first.</param>
    /// <param name="strides">Distance of neighbours in each dimension.</param>
    /// <param name="mostBytes">More than a tensor of this file can have: views that repeat values must not grow beyond it.</param>
    /// <param name="fault">What is wrong.</param>
    public static TorchTensor? Create(TorchStorage storage, long offset, long[] shape, long[] strides, long mostBytes, out string fault)
    {
        fault = shape.Length != strides.Length ? $"{shape.Length} sizes but {strides.Length} strides"
            : shape.Length > MostDimensions ? $"{shape.Length} dimensions are above the limit of {MostDimensions}"
            : offset < 0 ? $"the offset {offset} is negative"
            : shape.Any(s => s < 0) ? $"the size {shape.First(s => s < 0)} is negative"
            : strides.Any(s => s < 0) ? $"the stride {strides.First(s => s < 0)} is negative"
            : "";
        if (fault.Length > 0)
        {
            return null;
        }

        UInt128 count = shape.Contains(0) ? 0u : 1u, last = (UInt128)offset, most = (UInt128)(mostBytes / (storage.Type.Bits() / 8));
        for (int i = 0; i < shape.Length && count > 0; i++)
        {
            // Both are below 2^63 before each step, so nothing wraps before it is compared.
            count *= (UInt128)shape[i];
            last += (UInt128)(shape[i] - 1) * (UInt128)strides[i];
            if (last >= (UInt128)storage.Count)
            {
                break;
            }

            if (count > most)
            {
                fault = $"a view of {shape[i]} values at stride {strides[i]} is larger than the whole file";
                return null;
            }
        }

        if (count > 0 ? last >= (UInt128)storage.Count : offset > storage.Count)
        {
            fault = $"a view that ends beyond the {storage.Count} values of its storage";
            return null;
        }

        return new TorchTensor(storage, offset, shape, strides, (long)count);
    }
}
