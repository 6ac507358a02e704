using Razum.Tensors.Formats;
using Razum.Tensors.Threading;

namespace Razum.Tensors.SelfTest;

/// <summary>The formats that the checks run in: the one place that knows how a weight of each is made, and how exact a product with it must be.</summary>
internal static unsafe class FormatWeights
{
    /// <summary>All formats.</summary>
    internal static IReadOnlyList<WeightFormat> All { get; } = Enum.GetValues<WeightFormat>();

    /// <summary>Formats that are read in ways of their own: one for every layout of tiles, and one for all that have none. Others share their kernels.</summary>
    private static readonly HashSet<WeightFormat> s_layouts =
        [.. All.DistinctBy(f => BlockFormat.Of(f) is not { } b ? (object)f : b.HasTiles ? b.Layout : 0)];

    /// <summary>Whether every instruction set checks the format; else the widest alone does.</summary>
    internal static bool HasOwnLayout(WeightFormat format) => s_layouts.Contains(format);

    /// <summary>Whether a case has matrices, and all of them can be stored in the format. F32 suits every case.</summary>
    internal static bool Suits(OpCase test, WeightFormat format) =>
        format == WeightFormat.F32 || (test.Weights.Any(IsMatrix) && test.Weights.Where(IsMatrix).All(w => format.Fits(w.Columns)));

    /// <summary>
    /// <paramref name="source"/> in the format if it is a matrix, its values cut to it; a vector stays F32. The reference reads the same weight.
    /// </summary>
    internal static Weight Convert(Weight source, WeightFormat format)
    {
        if (format == WeightFormat.F32 || !IsMatrix((source.Rows, source.Columns)))
        {
            return source;
        }

        if (WeightFormats.Quantised.Contains(format))
        {
            using var pool = new WorkerPool(1);
            return Weight.Quantize(source, format, pool);
        }

        if (BlockFormat.Of(format) is { } blocks)
        {
            return RandomBlocks(source, blocks);
        }

        if (format == WeightFormat.F8_E4M3)
        {
            return ConvertToFloat8(source);
        }

        ushort[] values = GC.AllocateUninitializedArray<ushort>(checked((int)source.Count), pinned: true);
        ReadOnlySpan<float> whole = source.AsSpan();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = format == WeightFormat.F16
                ? BitConverter.HalfToUInt16Bits((Half)whole[i])
                : (ushort)(BitConverter.SingleToUInt32Bits(whole[i]) >> 16);
        }

        byte* data = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref values[0]); // pinned, and kept by the weight
        return Weight.Map(source.Name, format, data, source.Rows, source.Columns, source.IsVector, values);
    }

    /// <summary>A weight of the shape of <paramref name="source"/> in a format without a quantiser: random bytes whose values are of moderate size.</summary>
    private static Weight RandomBlocks(Weight source, BlockFormat format)
    {
        var random = new Random(source.Columns);
        byte[] data = GC.AllocateUninitializedArray<byte>(checked((int)(source.Count / format.Values * format.Bytes)), pinned: true);
        float* values = stackalloc float[format.Values];
        byte* start = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref data[0]); // pinned, and kept by the weight
        for (int at = 0; at < data.Length; at += format.Bytes)
        {
            do
            {
                random.NextBytes(data.AsSpan(at, format.Bytes));
                format.Dequantize(start + at, values);
            }
            while (!IsModerate(new ReadOnlySpan<float>(values, format.Values)));
        }

        return Weight.Map(source.Name, format.Format, start, source.Rows, source.Columns, source.IsVector, data);
    }

    private static bool IsModerate(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!(MathF.Abs(value) <= 4))
            {
                return false;
            }
        }

        return true;
    }

    private static Weight ConvertToFloat8(Weight source)
    {
        Weight scales = Weight.Create(
            source.Name, (source.Rows + WeightRows.ScaleBlock - 1) / WeightRows.ScaleBlock, (source.Columns + WeightRows.ScaleBlock - 1) / WeightRows.ScaleBlock);
        for (int i = 0; i < scales.Count; i++)
        {
            scales.AsSpan()[i] = 0.01f * (i + 1);
        }

        byte[] values = GC.AllocateUninitializedArray<byte>(checked((int)source.Count), pinned: true);
        ReadOnlySpan<float> whole = source.AsSpan();
        for (int i = 0; i < values.Length; i++)
        {
            (int row, int column) = (i / source.Columns / WeightRows.ScaleBlock, i % source.Columns / WeightRows.ScaleBlock);
            values[i] = Float8.Round(whole[i] / scales.AsSpan()[(row * scales.Columns) + column]);
        }

        byte* data = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref values[0]); // pinned, and kept by the weight
        return Weight.MapFloat8(source.Name, data, source.Rows, source.Columns, scales, values);
    }

    /// <summary>Whether a case multiplies by matrices: then the arithmetic of products matters.</summary>
    internal static bool HasProducts(OpCase test) => test.Weights.Any(IsMatrix) && test.Kernel != nameof(Kernels.Embedding);

    /// <summary>Largest error of a value, relative to the largest of its row and 1.</summary>
    internal static double Tolerance(WeightFormat format, Arithmetic arithmetic) => format switch
    {
        WeightFormat.F32 when arithmetic == Arithmetic.BF16 => 0.02, // both factors are rounded to 8 bits
        WeightFormat.F8_E4M3 when arithmetic == Arithmetic.FP8 => 0.1, // activations are rounded to 4 bits
        _ when BlockFormat.Of(format) is { HasTiles: true } => 0.02, // activations are rounded to bytes
        _ => 2e-5, // widened exactly, computed in F32
    };

    private static bool IsMatrix((int Rows, int Columns) shape) => shape.Rows > 1;
}
