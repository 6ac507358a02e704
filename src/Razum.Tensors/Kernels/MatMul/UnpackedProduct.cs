using Razum.Tensors.Simd;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>
/// One piece of a product, on one thread, with a weight whose values are made F32 on the way: for formats without products of their own, for exact products
/// with any format, and for gradients, whose small values would be lost in bytes. Chains as in <see cref="BlockProduct"/>.
/// </summary>
internal static unsafe class UnpackedProduct
{
    /// <summary>Values of the contraction that are made at once; they stay in the first-level cache.</summary>
    private const int DepthBlock = 512;

    /// <summary>c[i, j - from] = (accumulate ? c : 0) + sum over k of a[i, k] W[j, k] for outputs j in [from, to).</summary>
    internal static void Columns<S, V>(in LeftOperand a, int rows, Weight w, int from, int to, int depth, float* c, nint cRow, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
    {
        // Tiles, where nothing else exists, give whole rows.
        int block = w.Data == null ? depth : Math.Min(depth, DepthBlock);
        float* panel = ThreadScratch.Panels(2L * block * Panel.Width);
        float* byRows = panel + ((nint)block * Panel.Width);
        for (int first = from; first < to; first += Panel.Width)
        {
            int outputs = Math.Min(Panel.Width, to - first);
            for (int k = 0; k < depth; k += block)
            {
                int count = Math.Min(block, depth - k);
                for (int j = 0; j < outputs; j++)
                {
                    Copy(w, first + j, k, count, byRows + ((nint)j * count));
                }

                Panel.Transpose(byRows, count, outputs, count, panel);
                BlockProduct.Packed<S, V, Float32Panel>(
                    a.From(0, k), rows, (byte*)panel, 0, 0, outputs, count, c + (first - from), cRow, accumulate || k > 0);
            }
        }
    }

    /// <summary>c[i, j - from] = (accumulate ? c : 0) + sum over n of a[i, n] W[first + n, j] for columns j in [from, to).</summary>
    internal static void Rows<S, V>(in LeftOperand a, int rows, Weight w, int first, int depth, int from, int to, float* c, nint cRow, bool accumulate)
        where S : struct, ISimd<V>
        where V : struct
    {
        (int panels, int block) = (Panel.Count(to - from), Math.Min(depth, DepthBlock));
        nint panelValues = (nint)block * Panel.Width;
        float* memory = ThreadScratch.Panels((panelValues * panels) + (panels * Panel.Width));
        var line = new Span<float>(memory + (panelValues * panels), panels * Panel.Width);
        line.Clear(); // columns past the end
        for (int n = 0; n < depth; n += block)
        {
            int count = Math.Min(block, depth - n);
            for (int i = 0; i < count; i++)
            {
                WeightRows.Copy(w, first + n + i, from, to - from, memory + (panelValues * panels));
                for (int p = 0; p < panels; p++)
                {
                    line.Slice(p * Panel.Width, Panel.Width).CopyTo(new Span<float>(memory + (p * panelValues) + ((nint)i * Panel.Width), Panel.Width));
                }
            }

            BlockProduct.Packed<S, V, Float32Panel>(
                a.From(0, n), rows, (byte*)memory, panelValues * sizeof(float), 0, to - from, count, c, cRow, accumulate || n > 0);
        }
    }

    private static void Copy(Weight w, int row, int from, int count, float* target)
    {
        if (w.Data == null)
        {
            w.CopyRow(row, target);
        }
        else
        {
            WeightRows.Copy(w, row, from, count, target);
        }
    }
}
