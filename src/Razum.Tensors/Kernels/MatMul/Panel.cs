using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Razum.Tensors.Kernels.MatMul;

/// <summary>
/// The right operand of a product in the order in which it is read: a panel is [depth][32], 32 neighbouring columns of B for one value
/// of the contraction index after the other. Columns past the end of B are 0. One layout for all instruction sets.
/// </summary>
internal static unsafe class Panel
{
    /// <summary>Columns of a panel: two vectors of the widest instruction set.</summary>
    internal const int Width = 32;

    private const int Block = 64;

    /// <summary>Number of panels that hold <paramref name="columns"/> columns.</summary>
    internal static int Count(int columns) => (columns + Width - 1) / Width;

    /// <summary>
    /// Panel of a transposed matrix: target[k][n] = source[n, k] for <paramref name="columns"/> (at most 32) rows n of the source,
    /// which are <paramref name="stride"/> values apart.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Transpose(float* source, nint stride, int columns, int depth, float* target)
    {
        if (columns < Width)
        {
            NativeMemory.Clear(target, (nuint)((long)depth * Width * sizeof(float)));
        }

        for (int k0 = 0; k0 < depth; k0 += Block)
        {
            int k1 = Math.Min(k0 + Block, depth);
            int n = 0;
            for (; n + 4 <= columns; n += 4)
            {
                float* s = source + (n * stride);
                float* t = target + n;
                int k = k0;
                if (Sse.IsSupported || AdvSimd.Arm64.IsSupported)
                {
                    for (; k + 4 <= k1; k += 4)
                    {
                        Transpose4(s + k, stride, t + ((nint)k * Width));
                    }
                }

                for (; k < k1; k++)
                {
                    float* line = t + ((nint)k * Width);
                    line[0] = s[k];
                    line[1] = s[k + stride];
                    line[2] = s[k + (2 * stride)];
                    line[3] = s[k + (3 * stride)];
                }
            }

            for (; n < columns; n++)
            {
                float* s = source + (n * stride);
                for (int k = k0; k < k1; k++)
                {
                    target[((nint)k * Width) + n] = s[k];
                }
            }
        }
    }

    /// <summary>The same for BF16 values, which stay BF16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Transpose(ushort* source, nint stride, int columns, int depth, ushort* target)
    {
        if (columns < Width)
        {
            NativeMemory.Clear(target, (nuint)((long)depth * Width * sizeof(ushort)));
        }

        for (int k0 = 0; k0 < depth; k0 += Block)
        {
            int k1 = Math.Min(k0 + Block, depth);
            for (int n = 0; n < columns; n++)
            {
                ushort* s = source + (n * stride);
                for (int k = k0; k < k1; k++)
                {
                    target[((nint)k * Width) + n] = s[k];
                }
            }
        }
    }

    /// <summary>
    /// Panel of a matrix stored by rows: target[k][j] = source[rows[k] or k, j] for <paramref name="columns"/> (at most 32) columns, as F32.
    /// <paramref name="stride"/> in values.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Copy<F>(byte* source, nint stride, int* rows, int columns, int depth, float* target)
        where F : struct, IPanelFormat
    {
        for (int k = 0; k < depth; k++)
        {
            byte* s = source + ((rows == null ? k : rows[k]) * stride * F.Size);
            if (typeof(F) == typeof(Float32Panel) && columns == Width)
            {
                float* f = (float*)s;
                Vector256.Store(Vector256.Load(f), target);
                Vector256.Store(Vector256.Load(f + 8), target + 8);
                Vector256.Store(Vector256.Load(f + 16), target + 16);
                Vector256.Store(Vector256.Load(f + 24), target + 24);
            }
            else
            {
                for (int j = 0; j < columns; j++)
                {
                    target[j] = F.Load(s, j);
                }

                for (int j = columns; j < Width; j++)
                {
                    target[j] = 0;
                }
            }

            target += Width;
        }
    }

    /// <summary>A block of 4 by 4 values, mirrored at its diagonal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4(float* source, nint stride, float* target)
    {
        Vector128<float> a = Vector128.Load(source);
        Vector128<float> b = Vector128.Load(source + stride);
        Vector128<float> c = Vector128.Load(source + (2 * stride));
        Vector128<float> d = Vector128.Load(source + (3 * stride));
        Vector128<float> acLow, acHigh, bdLow, bdHigh;
        if (Sse.IsSupported)
        {
            (acLow, acHigh) = (Sse.UnpackLow(a, c), Sse.UnpackHigh(a, c));
            (bdLow, bdHigh) = (Sse.UnpackLow(b, d), Sse.UnpackHigh(b, d));
            (a, b) = (Sse.UnpackLow(acLow, bdLow), Sse.UnpackHigh(acLow, bdLow));
            (c, d) = (Sse.UnpackLow(acHigh, bdHigh), Sse.UnpackHigh(acHigh, bdHigh));
        }
        else
        {
            (acLow, acHigh) = (AdvSimd.Arm64.ZipLow(a, c), AdvSimd.Arm64.ZipHigh(a, c));
            (bdLow, bdHigh) = (AdvSimd.Arm64.ZipLow(b, d), AdvSimd.Arm64.ZipHigh(b, d));
            (a, b) = (AdvSimd.Arm64.ZipLow(acLow, bdLow), AdvSimd.Arm64.ZipHigh(acLow, bdLow));
            (c, d) = (AdvSimd.Arm64.ZipLow(acHigh, bdHigh), AdvSimd.Arm64.ZipHigh(acHigh, bdHigh));
        }

        Vector128.Store(a, target);
        Vector128.Store(b, target + Width);
        Vector128.Store(c, target + (2 * Width));
        Vector128.Store(d, target + (3 * Width));
    }
}
