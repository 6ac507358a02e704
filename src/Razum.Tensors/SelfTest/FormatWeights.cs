using Razum.Tensors.Threading;

namespace Razum.Tensors.SelfTest;

/// <summary>The formats that the checks run in: the one place that knows how a weight of each is made, and how exact a product with it must be.</summary>
internal static unsafe class FormatWeights
{
    /// <summary>All formats.</summary>
    internal static IReadOnlyList<WeightFormat> All { get; } = Enum.GetValues<WeightFormat>();

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

        ushort[] values = GC.AllocateUninitializedArray<ushort>(checked((int)source.Count), pinned: true);
        ReadOnlySpan<float> whole = source.AsSpan();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (ushort)(BitConverter.SingleToUInt32Bits(whole[i]) >> 16);
        }

        byte* data = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref values[0]); // pinned, and kept by the weight
        return Weight.Map(source.Name, format, data, source.Rows, source.Columns, source.IsVector, values);
    }

    /// <summary>Whether a case multiplies by matrices: then the arithmetic of products matters.</summary>
    internal static bool HasProducts(OpCase test) => test.Weights.Any(IsMatrix) && test.Kernel != nameof(Kernels.Embedding);

    /// <summary>Largest error of a value, relative to the largest of its row and 1.</summary>
    internal static double Tolerance(WeightFormat format, Arithmetic arithmetic) => format switch
    {
        WeightFormat.F32 when arithmetic == Arithmetic.BF16 => 0.02, // both factors are rounded to 8 bits
        WeightFormat.F32 or WeightFormat.BF16 => 2e-5, // widened exactly, computed in F32
        WeightFormat.Q8_0 or WeightFormat.Q4_K => 0.02, // activations are rounded to bytes
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no tolerance"),
    };

    private static bool IsMatrix((int Rows, int Columns) shape) => shape.Rows > 1;
}
