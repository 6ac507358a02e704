using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Razum.Tensors.Formats;

namespace Razum.Tensors;

/// <summary>Rows of weights made F32, and F32 rows made blocks.</summary>
internal static unsafe class WeightRows
{
    /// <summary>Values on a side of a square with one factor (<see cref="WeightFormat.F8_E4M3"/>).</summary>
    internal const int ScaleBlock = 128;

    /// <summary>Such squares along so many rows or columns.</summary>
    internal static int ScaleBlocks(int count) => (count + ScaleBlock - 1) / ScaleBlock;

    /// <summary>Values of the largest block.</summary>
    private const int LargestBlock = 256;

    /// <summary>Columns <paramref name="from"/> up to <paramref name="from"/> + <paramref name="count"/> of a row, from the stored bytes.</summary>
    [SkipLocalsInit]
    internal static void Copy(Weight weight, int row, int from, int count, float* target)
    {
        long first = ((long)row * weight.Columns) + from;
        switch (weight.Format)
        {
            case WeightFormat.F32:
                new ReadOnlySpan<float>((float*)weight.Data + first, count).CopyTo(new Span<float>(target, count));
                return;
            case WeightFormat.BF16:
                CopyBFloat16((ushort*)weight.Data + first, count, target);
                return;
            case WeightFormat.F16:
                for (int i = 0; i < count; i++)
                {
                    target[i] = (float)Unsafe.ReadUnaligned<Half>(weight.Data + (2 * (first + i)));
                }

                return;
            case WeightFormat.F8_E4M3:
                CopyFloat8(weight, row, from, count, target);
                return;
        }

        BlockFormat blocks = weight.Blocks!;
        float* whole = stackalloc float[LargestBlock];
        byte* block = weight.BlocksOf(row, blocks) + (from / blocks.Values * blocks.Bytes);
        for (int skip = from % blocks.Values; count > 0; skip = 0, block += blocks.Bytes)
        {
            int part = Math.Min(count, blocks.Values - skip);
            if (part == blocks.Values)
            {
                blocks.Dequantize(block, target);
            }
            else
            {
                blocks.Dequantize(block, whole);
                new ReadOnlySpan<float>(whole + skip, part).CopyTo(new Span<float>(target, part));
            }

            target += part;
            count -= part;
        }
    }

    /// <summary>The blocks of a row.</summary>
    /// <param name="format">A format with a quantiser.</param>
    /// <param name="row">The values.</param>
    /// <param name="columns">How many; whole blocks.</param>
    /// <param name="importance">How much every column matters; null when all matter alike.</param>
    /// <param name="target">The blocks.</param>
    internal static void Quantize(BlockFormat format, float* row, int columns, float* importance, byte* target)
    {
        Importance columnsMatter = importance == null ? default : new Importance(importance, Importance.TwiceMeanSquare(row, columns) / 2);
        for (int i = 0; i < columns; i += format.Values, target += format.Bytes)
        {
            format.Quantize(row + i, columnsMatter.From(i), target);
        }
    }

    private static void CopyBFloat16(ushort* source, int count, float* target)
    {
        int i = 0;
        for (; i + 8 <= count; i += 8)
        {
            (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Load(source + i));
            Vector128.Store((low << 16).AsSingle(), target + i);
            Vector128.Store((high << 16).AsSingle(), target + i + 4);
        }

        for (; i < count; i++)
        {
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    private static void CopyFloat8(Weight weight, int row, int from, int count, float* target)
    {
        Weight scales = weight.BlockScales!;
        float* factors = scales.Floats + ((long)(row / ScaleBlock) * scales.Columns);
        byte* source = weight.Data + ((long)row * weight.Columns);
        for (int column = from; column < from + count;)
        {
            int end = Math.Min(from + count, ((column / ScaleBlock) + 1) * ScaleBlock);
            Float8.Widen(source + column, end - column, factors[column / ScaleBlock], target + (column - from));
            column = end;
        }
    }
}
